"""A run as a picture: ``recording`` puts it together, ``chunk_rows`` makes its rows fit, ``picture`` draws it."""
