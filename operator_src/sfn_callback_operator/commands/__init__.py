"""The commands, in one short file for each group."""
