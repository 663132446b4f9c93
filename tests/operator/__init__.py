"""The operator's command, against AWS in memory."""
