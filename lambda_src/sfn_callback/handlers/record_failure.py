"""The failure branch: write the report of what failed before the machine fails."""

from sfn_callback import entry
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow


@entry.point(clients.s3, clients.dynamodb)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take ``{"execution": name, "state": …}``; return ``{"Error", "Cause", "Report": {"bucket", "key"}}``."""
    return workflow.record_failure(events.failure(event))
