"""Tests of ``sfn_callback.aws``; ``outage`` is a program that rides one out."""
