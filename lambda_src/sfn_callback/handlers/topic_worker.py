"""Tasks come through a topic that this function subscribes to."""

from typing import Any

from sfn_callback import entry, workload
from sfn_callback.aws import clients, cold_start, records
from sfn_callback.tasks import worker

cold_start.prepare(clients.stepfunctions, workload.connect_work)


@entry.point
def handler(event: dict[str, Any], context: Any) -> None:
    """Take SNS's event; each token is answered when its work has ended."""
    worker.run_published(records.published(event), lambda: context.get_remaining_time_in_millis() / 1000)
