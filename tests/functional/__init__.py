"""Handlers together, against AWS in memory: moto and ``testing``."""
