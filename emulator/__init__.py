"""The local AWS for tests and demos: MiniStack, made as AWS has it where it is otherwise; nothing is deployed.

``aws`` starts ``server`` and makes clients. ``patches`` puts functions in MiniStack's place, and the ``ministack_…``
have them: of Step Functions (``executions``, ``histories``, ``map_runs``, ``nested``, ``tokens``), S3 (``storage``,
``listings``), Lambda (``functions``, ``processes``), IAM (``simulations``) and of what services may send to whom
(``events``).
``state_machine``, ``mailbox`` and ``function_url_proxy`` are the clients that people and their browsers have.
"""
