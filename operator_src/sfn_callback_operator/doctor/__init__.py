"""``doctor`` looks at the deployment (``checks``), its roles (``permissions``), whether its work waits too long
or fails (``work``), and at ``durable_functions`` that wait for it; each gives ``findings``.
"""
