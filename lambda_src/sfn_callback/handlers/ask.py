"""The waiting state of an approval: keep its task token, and ask."""

from typing import Any

from sfn_callback import asking, clients, entry, events, initialisation

initialisation.prepare(clients.dynamodb, clients.sns)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take ``{"approval", "token", "execution", "state", "entered", "timeout_seconds"}``; answers come to the page."""
    asking.ask(events.asked(event))
