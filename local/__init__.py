"""The local AWS and the demo: tools for this checkout; nothing here is deployed."""
