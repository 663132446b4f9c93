"""A document was dropped: start an execution for it."""

from typing import Any

from sfn_callback import clients, documents, entry, events, every, initialisation

initialisation.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take an S3 ``ObjectCreated`` event of ``documents/``; return ``{"executions": [name, …]}``."""
    names: list[str] = []
    every.one(events.drops(event), lambda drop: names.extend(documents.start([drop])))
    return {"executions": names}
