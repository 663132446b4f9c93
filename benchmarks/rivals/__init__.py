"""What a user would build instead, on the same local AWS: machines, their functions, and a count of their requests."""
