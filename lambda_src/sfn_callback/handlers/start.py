"""A document was uploaded: start an execution for it."""

from sfn_callback import entry
from sfn_callback.aws import clients, records
from sfn_callback.documents import start


@entry.point(clients.stepfunctions)
def handler(event: entry.Json, context: entry.Context) -> entry.Json:
    """Take an SQS event whose messages are S3 events, or an S3 ``ObjectCreated`` event for ``documents/``.

    Return ``{"batchItemFailures": […]}``, which are the messages that are to be delivered again, or
    ``{"executions": [name, …]}``.
    """
    if records.source(event) != records.QUEUE:
        return {"executions": start.start(event)}
    again = start.start_queued(records.queued(event), lambda: context.get_remaining_time_in_millis() / 1000)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
