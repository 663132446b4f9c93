"""A chunk was created, or is redriven: process it and record its fate."""

from typing import Any

from sfn_callback import clients, documents, entry, events, initialisation, workload

initialisation.prepare(clients.s3, clients.dynamodb, workload.connect)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take an S3 ``ObjectCreated`` event of ``chunks/``, or a :class:`~sfn_callback.events.ChunkTask` as JSON."""
    documents.process(events.chunk_tasks(event))
