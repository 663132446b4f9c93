"""Tasks come through a topic that this function subscribes to."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients, records
from sfn_callback.tasks import worker


@entry.point(clients.stepfunctions, workload.connect_work)
def handler(event: entry.Json, context: entry.Context) -> None:
    """Take an SNS event; each token is answered when its work has ended."""
    worker.run_published(records.published(event), lambda: context.get_remaining_time_in_millis() / 1000)
