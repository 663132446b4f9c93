"""The processor's on-failure destination: its last attempt has failed, however it ended."""

from typing import Any

from sfn_callback import entry, every
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, workflow

cold_start.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    tasks, error, message = events.failed_tasks(event)
    every.one(tasks, lambda task: workflow.chunk_failed([task], error, message))
