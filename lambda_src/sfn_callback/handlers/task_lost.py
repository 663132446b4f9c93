"""The topic worker's on-failure destination: its last attempt has failed without an answer."""

from typing import Any

from sfn_callback import entry
from sfn_callback.aws import clients, cold_start
from sfn_callback.tasks import messages, worker

cold_start.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    worker.fail_lost(messages.lost(event))
