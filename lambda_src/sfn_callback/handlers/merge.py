"""All chunks have a fate, and few enough failed: merge the results."""

from typing import Any

from sfn_callback import entry, workload
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, workflow

cold_start.prepare(clients.s3, workload.connect)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"job": job, "failed": n}``; return ``{"job", "chunks", "failed", "result": {"bucket", "key"}}``."""
    return workflow.merge(events.job(event.get("job")), events.failed_count(event))
