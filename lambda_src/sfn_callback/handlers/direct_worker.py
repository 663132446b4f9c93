"""The state machine hands a task and its token to this function directly."""

from typing import Any

from sfn_callback import entry, workload
from sfn_callback.aws import clients, cold_start
from sfn_callback.tasks import messages, worker

cold_start.prepare(clients.stepfunctions, workload.connect_work)


@entry.point
def handler(event: dict[str, Any], context: Any) -> None:
    """Take ``{"task": …, "token": …, "heartbeat_seconds": …}``; the token is answered when the work has ended."""
    worker.run(messages.task(event), lambda: context.get_remaining_time_in_millis() / 1000)
