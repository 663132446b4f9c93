"""A run as a picture: ``run_record`` puts it together, ``chunk_rows`` makes its rows fit, ``picture`` draws it."""
