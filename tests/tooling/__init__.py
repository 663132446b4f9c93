"""Tests of ``tools``, ``emulator`` and ``demo``, and of how the checkout holds together."""
