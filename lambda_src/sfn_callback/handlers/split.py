"""The machine's first state: split the document."""

from typing import Any

from sfn_callback import entry, workload
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, workflow

cold_start.prepare(clients.s3, clients.dynamodb, workload.connect)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"document": execution input}``; return the job (:class:`~sfn_callback.documents.events.Job` as JSON)."""
    return workflow.split(events.document(event.get("document"))).as_json()
