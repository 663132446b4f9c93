"""``make test-states``: AWS's own Step Functions, asked what becomes of every state."""
