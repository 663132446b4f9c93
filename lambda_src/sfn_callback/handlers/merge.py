"""All chunks have a fate, and few enough failed: merge the results."""

from typing import Any

from sfn_callback import clients, documents, entry, events, initialisation, workload

initialisation.prepare(clients.s3, workload.connect)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"job": job, "failed": n}``; return ``{"job", "chunks", "failed", "result": {"bucket", "key"}}``."""
    return documents.merge(events.job(event.get("job")), events.failed_count(event))
