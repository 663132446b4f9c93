"""Tests of ``sfn_callback.fanin``."""
