"""Requests to a function URL, and the answers to them, as values.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads (payload format 2.0)
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_callback.errors import InputInvalid

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

RETRY_SECONDS = 10
"""When to try again what AWS could not serve."""

_ALWAYS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request: header names in lower case; ``principal`` is the ARN of the caller that IAM knows, if any."""

    method: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    principal: str | None = None
    query: str = field(default="", repr=False)

    @property
    def content_type(self) -> str:
        """The body's media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response.

    What is said here holds for each: not to be kept, indexed, sniffed or framed, nothing to load, and no referrer.
    """

    status: int
    body: str = ""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def having(self, **headers: str) -> "Response":
        """Return the same with more headers, ``_`` for ``-`` in their names."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def as_answer(self) -> dict[str, Any]:
        """Return what a function URL's handler returns."""
        headers = {**_ALWAYS, **self.headers, "content-type": self.content_type}
        return {"statusCode": self.status, "headers": headers, "body": self.body}


def request(event: Mapping[str, Any]) -> Request:
    """Read a function URL's event. Whatever a caller sends is a request: only AWS makes the event.

    Raises:
        InputInvalid: it is none, so something else than a function URL has invoked the function.
    """
    try:
        context = event["requestContext"]
        identity = (context.get("authorizer") or {}).get("iam") or {}
        return Request(
            method=context["http"]["method"].upper(),
            path=_text(event["rawPath"]),
            headers={name.lower(): _text(value) for name, value in (event.get("headers") or {}).items()},
            body=_body(event),
            principal=identity.get("userArn"),
            query=_text(event.get("rawQueryString") or ""),
        )
    except (KeyError, TypeError, AttributeError):
        raise InputInvalid("This is no request to a function URL.") from None


def as_json(status: int, content: Mapping[str, Any]) -> Response:
    """Return a response of JSON, which would be no markup either."""
    text = json.dumps(content)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Response(status, text, JSON)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _body(event: Mapping[str, Any]) -> bytes:
    body = _text(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        # AWS encodes it. What cannot be read decides nothing.
        return b""
