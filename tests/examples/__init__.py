"""The examples, applied on the local AWS, used and destroyed."""
