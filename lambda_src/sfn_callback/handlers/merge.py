"""All chunks have an outcome, and few enough failed: merge the results."""

from sfn_callback import entry, validation, workload
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow


@entry.point(clients.s3, workload.connect)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take ``{"job": job, "failed": n}``; return ``{"job", "chunks", "failed", "result": {"bucket", "key"}}``."""
    return workflow.merge(events.job(event.get("job")), validation.number(event, "failed"))
