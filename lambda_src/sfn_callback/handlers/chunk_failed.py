"""The processor's on-failure destination: its last attempt has failed, however it ended."""

from typing import Any

from sfn_callback import clients, documents, entry, events, every, initialisation

initialisation.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    tasks, error, message = events.failed_tasks(event)
    every.one(tasks, lambda task: documents.chunk_failed([task], error, message))
