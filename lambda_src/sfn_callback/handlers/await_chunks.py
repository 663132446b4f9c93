"""The waiting state: hand its task token to the fan-in."""

from typing import Any

from sfn_callback import clients, documents, entry, events, initialisation

initialisation.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take ``{"fanin": …, "token": …, "execution": …}``.

    The state goes on when the token is answered, not when this returns.
    """
    documents.await_chunks(events.wait(event))
