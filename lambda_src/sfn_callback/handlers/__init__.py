"""The Lambda functions' entry points, one file each: parse the event, make one call, answer."""
