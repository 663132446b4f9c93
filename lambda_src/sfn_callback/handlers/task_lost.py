"""The topic worker's on-failure destination: its last attempt has failed without an answer."""

from sfn_callback import entry
from sfn_callback.aws import clients
from sfn_callback.tasks import messages, worker


@entry.point(clients.stepfunctions)
def handler(event: entry.Json, _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    worker.fail_lost(*messages.lost(event))
