"""The processor's on-failure destination: its last attempt has failed, however it ended."""

from typing import Any

from sfn_callback import clients, documents, events, initialisation

initialisation.prepare(clients.dynamodb)


def handler(event: dict[str, Any], _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    documents.chunk_failed(*events.failed_tasks(event))
