"""The machine's first state: split the document."""

from typing import Any

from sfn_callback import clients, documents, entry, events, initialisation, workload

initialisation.prepare(clients.s3, clients.dynamodb, workload.connect)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"document": execution input}``; return the job (:class:`~sfn_callback.events.Job` as JSON)."""
    return documents.split(events.document(event.get("document"))).as_json()
