"""The waiting state of an approval: keep its task token, and ask."""

from typing import Any

from sfn_callback import entry
from sfn_callback.approvals import ask, events
from sfn_callback.aws import clients, cold_start

cold_start.prepare(clients.dynamodb, clients.sns)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take ``{"approval", "token", "execution", "state", "entered", "timeout_seconds"}``; answers come to the page."""
    ask.ask(events.wait(event))
