"""A chunk was created, or is redriven: process it and record its outcome."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow


@entry.point(clients.s3, clients.dynamodb, workload.connect)
def handler(event: entry.Json, _context: object) -> None:
    """Take an S3 ``ObjectCreated`` event of ``chunks/``, or a :class:`.ChunkTask` as JSON."""
    workflow.process(events.chunk_tasks(event))
