"""Tests of ``sfn_callback.approvals``."""
