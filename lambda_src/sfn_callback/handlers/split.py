"""The machine's first state: split the document."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow


@entry.point(clients.s3, clients.dynamodb, workload.connect)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take ``{"document": execution input}``; return the job (:class:`~sfn_callback.documents.events.Job` as JSON)."""
    return workflow.split(events.document(event.get("document"))).as_json()
