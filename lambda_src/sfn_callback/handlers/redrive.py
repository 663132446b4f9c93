"""The wait timed out and rounds are left: process again what has no result."""

from typing import Any

from sfn_callback import entry
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, redrive

cold_start.prepare(clients.s3, clients.dynamodb, clients.functions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"job": job}``; return the job in its next round (:class:`~sfn_callback.documents.events.Job` as JSON)."""
    return redrive.redrive(events.job(event.get("job"))).as_json()
