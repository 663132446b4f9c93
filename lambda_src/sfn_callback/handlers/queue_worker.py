"""Tasks come through a queue, one or more at a time."""

from typing import Any

from sfn_callback import entry, workload
from sfn_callback.aws import clients, cold_start, records
from sfn_callback.tasks import worker

cold_start.prepare(clients.stepfunctions, workload.connect_work)


@entry.point
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take SQS's event; return ``{"batchItemFailures": […]}``: the messages that are to be delivered again."""
    again = worker.run_queued(records.queued(event), lambda: context.get_remaining_time_in_millis() / 1000)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
