"""A message ended in a dead-letter queue: fail the state that waits for it."""

from typing import Any

from sfn_callback import clients, entry, initialisation, messages, tasks

initialisation.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take SQS's event of a dead-letter queue; return ``{"batchItemFailures": […]}``: what could not be answered."""
    again = tasks.fail_dead(messages.queued(event))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
