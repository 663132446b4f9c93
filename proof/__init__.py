"""Proof of the promises: what is run here must be able to fail."""
