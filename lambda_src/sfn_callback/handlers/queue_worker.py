"""Tasks come through a queue, one or more at a time."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients, records
from sfn_callback.tasks import worker


@entry.point(clients.stepfunctions, workload.connect_work)
def handler(event: entry.Json, context: entry.Context) -> entry.Json:
    """Take an SQS event; return ``{"batchItemFailures": […]}``: the messages that are to be delivered again."""
    again = worker.run_queued(records.queued(event), lambda: context.get_remaining_time_in_millis() / 1000)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
