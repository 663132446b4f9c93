"""Answers at botocore's ``before-send``: a request is made whole, and an answer read, but nothing is sent."""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from testing.wire import answered

_PIECE = 64 * 1024

Answers = Callable[[str, AWSPreparedRequest], AWSResponse]
"""Takes an operation, such as ``GetObject``, and what was to be sent."""


def answer(client: Any, answers: Answers) -> None:
    """Let the client's requests be answered so from now on."""

    def sent(event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return answers(event_name.rpartition(".")[2], request)

    client.meta.events.register_first("before-send", sent)


def updated(item: dict[str, Any]) -> AWSResponse:
    """Return DynamoDB's answer to an update that leaves this item."""
    return answered(200, json.dumps({"Attributes": item}).encode())


def taken(request: AWSPreparedRequest, seconds: float = 0) -> int:
    """Take a request's body as the network would; return its size in bytes. Checksums are made while it is read.

    So many ``seconds`` go by behind the first piece: botocore has copies of what comes next while a body is on its way.
    """
    body: Any = request.body or b""
    if isinstance(body, bytes | bytearray):
        time.sleep(seconds)
        return len(body)
    first = len(body.read(_PIECE))
    time.sleep(seconds)
    return first + sum(map(len, iter(lambda: body.read(_PIECE), b"")))
