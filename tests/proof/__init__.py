"""Tests of ``proof``: that it finds what is wrong."""
