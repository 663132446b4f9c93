"""A queue and the function that its messages invoke: a receipt is counted, whether the function ran or not.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, and ``tests/recorded/test_functions.py``.
"""

import copy
import itertools
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any], Any], Any]
Message = dict[str, Any]

_ids = itertools.count(1)


class Queue:
    """``messages`` can be received, ``dead`` are those that were received once more than ``max_receives`` times."""

    def __init__(self, max_receives: int) -> None:
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self._max_receives = max_receives

    def send(self, body: str, sent: float = 0) -> str:
        """Put a message into it, ``sent`` in epoch seconds; return its id."""
        attributes = {"ApproximateReceiveCount": "0", "SentTimestamp": str(int(sent * 1_000))}
        self.messages.append({"messageId": f"message-{next(_ids)}", "body": body, "attributes": attributes})
        return str(self.messages[-1]["messageId"])

    def poll(self, handler: Handler | None, context: Any = None) -> None:
        """Lambda receives all that is there, and invokes its function, unless that is throttled (``None``)."""
        received = self._receive()
        if not received:
            return
        failed = {message["messageId"] for message in received}
        if handler is not None:
            failed = _failed(handler, copy.deepcopy(received), context)
        self.messages += [message for message in received if message["messageId"] in failed]

    def _receive(self) -> list[Message]:
        received, self.messages = self.messages, []
        for message in received:
            count = int(message["attributes"]["ApproximateReceiveCount"])
            message["attributes"]["ApproximateReceiveCount"] = str(count + 1)
        # A dead letter keeps its id and its body.
        alive = [one for one in received if int(one["attributes"]["ApproximateReceiveCount"]) <= self._max_receives]
        self.dead += [one for one in received if one not in alive]
        return alive


def _failed(handler: Handler, received: list[Message], context: Any) -> set[str]:
    """Return the ids of the messages that come again: all, where the function failed or its answer names none of them.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    ids = {message["messageId"] for message in received}
    try:
        answer = handler({"Records": received}, context) or {}
        named = [failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or ()]
    except Exception:
        return ids
    return set(named) if set(named) <= ids else ids
