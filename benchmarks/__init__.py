"""Measured beside the alternatives, in ratios, counts, bytes and CPU time: machines differ. Run by ``make bench``."""
