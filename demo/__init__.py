"""``make demo``: ``run`` applies a workflow on the local AWS, has the demo that ``choice`` finds, and destroys it.

Each demo is a file with the workflow's name, with the interface in ``contract``.
"""
