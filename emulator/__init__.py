"""The local AWS for tests and demos: MiniStack, made as AWS has it where it is otherwise; nothing is deployed.

``aws`` starts ``server`` and makes clients. ``patching`` puts functions in MiniStack's place, and each ``ministack_…``
has those of one service. ``execution``, ``mailbox`` and ``function_url_proxy`` are what people and their browsers have.
"""
