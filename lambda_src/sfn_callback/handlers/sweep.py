"""On a schedule: look at all that is open, and mend what nobody else does."""

from typing import Any

from sfn_callback import entry, sweeper
from sfn_callback.aws import clients, cold_start

cold_start.prepare(clients.dynamodb, clients.stepfunctions)


@entry.point
def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take any event; return what was found (:func:`~sfn_callback.sweeper.sweep`)."""
    return sweeper.sweep(lambda: context.get_remaining_time_in_millis() / 1000)
