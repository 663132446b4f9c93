"""``doctor`` looks at the deployment (``checks``), its roles (``permissions``), and whether its work waits too long
or fails (``work``); each gives ``findings``.
"""
