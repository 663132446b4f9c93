"""The local AWS for tests and demos: MiniStack, corrected where it differs from AWS; not part of the module.

``aws`` starts ``server`` and makes clients. ``patches`` replaces functions of MiniStack by those in the ``ministack_…``
modules: of Step Functions (``executions``, ``histories``, ``map_runs``, ``nested``, ``tokens``), S3 (``storage``,
``listings``), Lambda (``environments``, ``functions``, ``packages``, ``processes``), IAM (``simulations``) and of what
services may send to whom (``events``). ``state_machine``, ``mailbox`` and ``function_url_proxy`` are the clients that
people and their browsers have.
"""
