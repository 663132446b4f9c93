"""The waiting state: hand its task token to the fan-in."""

from typing import Any

from sfn_callback import entry
from sfn_callback.aws import clients, cold_start
from sfn_callback.documents import events, workflow

cold_start.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take ``{"fanin": …, "token": …, "execution": …}``.

    The state goes on when the token is answered, not when this returns.
    """
    workflow.await_chunks(events.wait(event))
