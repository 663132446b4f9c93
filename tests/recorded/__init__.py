"""What AWS was recorded to do (``facts``), held against the package and against ``testing``."""
