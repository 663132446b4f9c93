"""The wait timed out and rounds are left: process again what has no result."""

from sfn_callback import entry
from sfn_callback.aws import clients
from sfn_callback.documents import events, redrive


@entry.point(clients.s3, clients.dynamodb, clients.functions)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take ``{"job": job}``; return the job in its next round (:class:`~sfn_callback.documents.events.Job` as JSON)."""
    return redrive.redrive(events.job(event.get("job"))).as_json()
