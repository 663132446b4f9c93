"""AWS as it was recorded to behave, in memory: what tests, proofs and benches run the package against."""
