"""Requests to a function URL or through a load balancer, and the answers to them, as values.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads (payload format 2.0, as an HTTP API's)
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from sfn_callback.errors import InputInvalid

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

RETRY_SECONDS = 10
"""When to try again what AWS could not serve."""

MAX_SUBJECT = 255
"""Characters of ASCII that a subject has at most: https://openid.net/specs/openid-connect-core-1_0.html#IDToken"""

_SUBJECT = "x-amzn-oidc-identity"
"""The header in which a load balancer tells who signed in.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#user-claims-encoding
"""

_MANY, _MANY_FIELDS = "multiValueHeaders", "multiValueQueryStringParameters"
"""What a target group's events and answers have where ``lambda.multi_value_headers.enabled`` is set.

Only there is a header that came twice seen to have done so, which is why only there a subject is believed.
"""

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
    """An HTTP request: header names in lower case.

    ``principal`` is the ARN of the caller that IAM knows, or the subject that signed in at the load balancer, if any;
    ``unclear`` says that the load balancer's headers name several, or what is no subject.
    """

    method: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    principal: str | None = None
    query: str = field(default="", repr=False)
    unclear: bool = False

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

    def as_answer_to(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the handler returns to whoever made the event: a function URL, or a load balancer."""
        answer = self.as_answer()
        if not _balanced(event):
            return answer
        answer |= {"statusDescription": f"{self.status} {HTTPStatus(self.status).phrase}", "isBase64Encoded": False}
        if _MANY in event:
            answer[_MANY] = {name: [value] for name, value in answer.pop("headers").items()}
        return answer


def request(event: Mapping[str, Any]) -> Request:
    """Read a function URL's or a load balancer's event. Whatever a caller sends is a request: only AWS makes the event.

    Raises:
        InputInvalid: it is none, so something else has invoked the function.
    """
    try:
        return _from_balancer(event) if _balanced(event) else _from_url(event)
    except (KeyError, TypeError, AttributeError):
        raise InputInvalid("Not a request to a function URL or from a load balancer.") from None


def as_json(status: int, content: Mapping[str, Any]) -> Response:
    """Return a response of JSON, which would be no markup either."""
    text = json.dumps(content)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Response(status, text, JSON)


def _balanced(event: Mapping[str, Any]) -> bool:
    return "elb" in event["requestContext"]


def _from_url(event: Mapping[str, Any]) -> Request:
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


def _from_balancer(event: Mapping[str, Any]) -> Request:
    sent = _many(event, _MANY, "headers")
    subjects = [value for name, value in sent if name.lower() == _SUBJECT]
    headers: dict[str, str] = {}
    for name, value in ((name.lower(), value) for name, value in sent):
        # As the other form has them: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return Request(
        method=event["httpMethod"].upper(),
        path=_text(event["path"]),
        headers=headers,
        body=_body(event),
        principal=subjects[0] if _MANY in event and subjects else None,
        # Names and values are as they were sent: the load balancer decodes neither.
        query="&".join(f"{name}={value}" for name, value in _many(event, _MANY_FIELDS, "queryStringParameters")),
        unclear=_MANY in event and not _clear(subjects),
    )


def _many(event: Mapping[str, Any], many: str, one: str) -> list[tuple[str, str]]:
    if many in event:
        return [(name, _text(value)) for name, values in (event[many] or {}).items() for value in values]
    return [(name, _text(value)) for name, value in (event.get(one) or {}).items()]


def _clear(subjects: list[str]) -> bool:
    return not subjects or (len(subjects) == 1 and 0 < len(subjects[0]) <= MAX_SUBJECT and subjects[0].isascii())


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
