"""One stack, applied on the local AWS, run and destroyed; ``stack`` is its configuration."""
