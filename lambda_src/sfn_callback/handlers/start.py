"""A document was dropped: start an execution for it."""

from typing import Any

from sfn_callback import clients, documents, events, initialisation

initialisation.prepare(clients.stepfunctions)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take an S3 ``ObjectCreated`` event of ``documents/``; return ``{"executions": [name, …]}``."""
    return {"executions": documents.start(events.drops(event))}
