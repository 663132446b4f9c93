"""Modules of the functions' package, each by itself: the folders are the package's."""
