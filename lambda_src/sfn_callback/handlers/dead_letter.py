"""A message ended in a dead-letter queue: fail the state that waits for it."""

from sfn_callback import entry
from sfn_callback.aws import clients, records
from sfn_callback.tasks import worker


@entry.point(clients.stepfunctions)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take an SQS event of a dead-letter queue; return ``{"batchItemFailures": […]}``: what could not be answered."""
    again = worker.fail_dead_letters(records.queued(event))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
