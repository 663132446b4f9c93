"""What ``doctor`` looks at: the deployment (``checks``), its roles (``permissions``), and what waits too long
(``overdue``); each gives ``findings``.
"""
