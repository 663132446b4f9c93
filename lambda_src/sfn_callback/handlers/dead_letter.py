"""A message ended in a dead-letter queue: fail the state that waits for it."""

from typing import Any

from sfn_callback import entry
from sfn_callback.aws import clients, cold_start, records
from sfn_callback.tasks import worker

cold_start.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take SQS's event of a dead-letter queue; return ``{"batchItemFailures": […]}``: what could not be answered."""
    again = worker.fail_dead_letters(records.queued(event))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
