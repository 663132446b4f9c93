"""Tests of ``sfn_callback.documents``."""
