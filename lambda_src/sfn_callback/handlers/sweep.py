"""On a schedule: check everything that is open, and repair what nobody else will."""

from sfn_callback import entry, sweeper
from sfn_callback.aws import clients


@entry.point(clients.dynamodb, clients.stepfunctions)
def handler(_event: entry.Json, context: entry.Context) -> entry.Json:
    """Take any event; return what was found (:func:`~sfn_callback.sweeper.sweep`)."""
    return sweeper.sweep(lambda: context.get_remaining_time_in_millis() / 1000)
