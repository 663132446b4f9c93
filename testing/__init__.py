"""AWS as it was recorded to behave, in memory: what tests, proofs and benches run the package against.

``environment`` and ``manifests`` are the deployment; ``aws`` has its bucket and table on moto, ``memory_ledger`` and
``memory_objects`` have them faster, and ``moto_requests`` and ``moto_expressions`` make moto faster. ``events``,
``queues`` and ``invocations`` reach the functions, ``task_tokens`` are what these answer, in ``executions`` with
``histories``. ``quotas`` limit, ``wire`` stands in for the network, ``secrecy`` finds secrets; ``pdfs`` and
``heavy_schemas`` are contents.
"""
