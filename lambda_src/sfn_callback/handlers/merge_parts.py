"""All parts of a document are combined: merge them."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients
from sfn_callback.documents import parent, part_events


@entry.point(clients.s3, workload.connect_parts)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take the machine's state; return ``{"job", "parts", "chunks", "failed", "result": {"bucket", "key"}}``."""
    return parent.merge(part_events.cut(event))
