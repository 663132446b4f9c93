"""Tasks come through a topic that this function subscribes to."""

from typing import Any

from sfn_callback import clients, entry, initialisation, messages, tasks, workload

initialisation.prepare(clients.stepfunctions, workload.connect_work)


@entry.point
def handler(event: dict[str, Any], context: Any) -> None:
    """Take SNS's event; each token is answered when its work has ended."""
    tasks.run_published(messages.published(event), lambda: context.get_remaining_time_in_millis() / 1000)
