"""The waiting state: hand its task token to the fan-in."""

from sfn_callback import entry
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow


@entry.point(clients.dynamodb)
def handler(event: entry.Json, _context: object) -> None:
    """Take ``{"fanin": …, "token": …, "execution": …}``.

    The state continues when the token is answered, not when this returns.
    """
    workflow.await_chunks(events.wait(event))
