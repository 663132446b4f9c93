"""The failure branch: write down what failed, before the machine fails with it."""

from typing import Any

from sfn_callback import entry
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, workflow

cold_start.prepare(clients.s3, clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"execution": name, "state": …}``; return ``{"Error", "Cause", "Report": {"bucket", "key"}}``."""
    return workflow.record_failure(events.failure(event))
