"""Requests of the functions that are throttled, or whose answers get lost.

A throttled request has no effect. One whose answer is lost has it, and its client is told of an internal error, after
which it cannot know: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorBestPractices.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import sts

from proof.chaos.fault_plan import Force, Plan

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SIGNER = re.compile(rb"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")
# As botocore's models, and its retries, know them.
_THROTTLED = {
    "dynamodb": (400, "ProvisionedThroughputExceededException"),
    "s3": (503, "SlowDown"),
    "states": (400, "ThrottlingException"),
    "lambda": (429, "TooManyRequestsException"),
}
_LOST = {
    "dynamodb": (500, "InternalServerError"),
    "s3": (500, "InternalError"),
    "states": (500, "InternalFailure"),
    "lambda": (500, "ServiceException"),
}


async def serve(app: App, force: Force, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a request as ``app`` does, or by force."""
    service = _service(scope, force.plan)
    roll = force.roll() if service else 1
    if roll < force.plan.throttled:
        force.count(f"throttled {service}")
        await read(receive)
        await _refuse(send, scope, service, *_THROTTLED[service])
    elif roll < force.plan.throttled + force.plan.lost:
        force.count(f"lost {service}")
        await app(scope, receive, _forget)
        await _refuse(send, scope, service, *_LOST[service])
    else:
        await app(scope, receive, send)


async def read(receive: Receive) -> bytes:
    """Return a request's body."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, status: int, body: str, content_type: str = "application/json") -> None:
    """Send a response."""
    headers = [(b"content-type", content_type.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


def _service(scope: Scope, plan: Plan) -> str:
    """Return the service that a function of the plan's asks; empty where somebody else asks."""
    signer = _SIGNER.search(dict(scope.get("headers", ())).get(b"authorization", b""))
    session = sts._sessions.get(signer[1].decode(), {}) if signer else {}  # noqa: SLF001 - MiniStack's own
    service = signer[2].decode() if signer else ""
    # A function's session is named after it.
    return service if service in _THROTTLED and plan.hits(session.get("Arn", "").rpartition("/")[2]) else ""


async def _refuse(send: Send, scope: Scope, service: str, status: int, code: str) -> None:
    if scope["method"] == "HEAD":
        await answer(send, status, "")
    elif service == "s3":
        await answer(send, status, f"<Error><Code>{code}</Code><Message>by force</Message></Error>", "application/xml")
    else:
        await answer(send, status, json.dumps({"__type": code, "message": "by force"}))


async def _forget(_message: Message) -> None:
    """Take the answer that its client will not get."""
