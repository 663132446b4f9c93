"""The waiting state of an approval: keep its task token, and ask."""

from sfn_callback import entry
from sfn_callback.approvals import ask, events
from sfn_callback.aws import clients


@entry.point(clients.dynamodb, clients.sns)
def handler(event: entry.Json, _context: object) -> None:
    """Take ``{"approval", "token", "execution", "state", "entered", "timeout_seconds"}``; answers come to the page."""
    ask.ask(events.wait(event))
