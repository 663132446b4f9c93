"""Documents and results that are made while they are read, by processes of their own."""
