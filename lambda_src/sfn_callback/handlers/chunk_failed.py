"""The processor's on-failure destination: its last attempt has failed."""

from sfn_callback import entry
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow


@entry.point(clients.dynamodb)
def handler(event: entry.Json, _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    workflow.chunk_failed(*events.failed_tasks(event))
