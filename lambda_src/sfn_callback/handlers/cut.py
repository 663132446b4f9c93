"""A large document: cut it into parts."""

from sfn_callback import entry, workload
from sfn_callback.aws import clients
from sfn_callback.documents import parent, part_events


@entry.point(clients.s3, clients.dynamodb, workload.connect_parts)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take ``{"document": execution input, "execution": ARN}``; return the machine's next state, a ``Cut``."""
    return parent.cut(*part_events.uncut(event)).as_json()
