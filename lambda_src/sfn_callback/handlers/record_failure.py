"""The failure branch: write down what failed, before the machine fails with it."""

from typing import Any

from sfn_callback import clients, documents, entry, events, initialisation

initialisation.prepare(clients.s3, clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"execution": name, "state": …}``; return ``{"Error", "Cause", "Report": {"bucket", "key"}}``."""
    return documents.record_failure(events.failure(event))
