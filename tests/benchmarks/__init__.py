"""Tests of ``benchmarks``: that they count right."""
