"""The state machine hands a task and its token to this function directly."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients
from sfn_callback.tasks import messages, worker


@entry.point(clients.stepfunctions, workload.connect_work)
def handler(event: entry.Json, context: entry.Context) -> None:
    """Take ``{"task": …, "token": …, "heartbeat_seconds": …}``; the token is answered when the work has ended."""
    worker.run(messages.task(event), lambda: context.get_remaining_time_in_millis() / 1000)
