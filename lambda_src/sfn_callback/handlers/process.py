"""A chunk was created, or is redriven: process it and record its fate."""

from typing import Any

from sfn_callback import entry, workload
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, workflow

cold_start.prepare(clients.s3, clients.dynamodb, workload.connect)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take an S3 ``ObjectCreated`` event of ``chunks/``, or a :class:`.ChunkTask` as JSON."""
    workflow.process(events.chunk_tasks(event))
