"""Tests of ``sfn_callback.tasks``."""
