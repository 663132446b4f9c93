"""What passes between botocore and AWS: requests are noted as they are sent, and refused where a test wants that."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

ERRORS = {
    "json": '{{"__type": "{code}", "message": "{message}"}}',
    "rest-json": '{{"message": "{message}"}}',
    "query": "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>",
    "rest-xml": "<Error><Code>{code}</Code><Message>{message}</Message></Error>",
}
"""What AWS answers, by the protocol that botocore's model names."""

Answer = Callable[[str, AWSPreparedRequest], AWSResponse | None]


@dataclass
class Sent:
    """A request as it was sent: ``operation`` is such as ``dynamodb.GetItem``."""

    operation: str
    url: str
    headers: str
    body: str


@dataclass
class Wire:
    """Put into a client by :meth:`tap`; what it is to refuse is the code for each operation, or service."""

    sent: list[Sent] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    message: str = "It is not possible."
    answer: Answer = lambda *_: None

    def tap(self, client: Any) -> Any:
        """Return the client, tapped."""
        protocol = client.meta.service_model.metadata["protocol"]

        def note(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
            operation = event_name.partition(".")[2]
            self.sent.append(Sent(operation, request.url, str(request.headers), text(request.body)))
            code = self.refused.get(operation) or self.refused.get(operation.partition(".")[0])
            return _refusal(protocol, code, self.message) if code else self.answer(operation, request)

        client.meta.events.register_first("before-send", note)
        return client

    def operations(self) -> list[str]:
        """Return what was sent since the last call."""
        operations = [sent.operation for sent in self.sent]
        self.sent.clear()
        return operations


def answered(status: int, body: bytes, **headers: str) -> AWSResponse:
    """Return an answer of AWS's."""
    given = HTTPHeaders.from_dict({"content-length": str(len(body)), **headers})
    return AWSResponse("https://aws.example", status, given, _Raw(body))


def text(body: Any) -> str:
    """Return a request's body as text; a file is left where it was."""
    # What is sent with a checksum behind it is wrapped, and can be read once.
    body = getattr(body, "_raw", body)
    if hasattr(body, "read"):
        at = body.tell()
        body, _ = body.read(), body.seek(at)
    return body.decode("latin-1") if isinstance(body, bytes | bytearray) else str(body or "")


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _refusal(protocol: str, code: str, message: str) -> AWSResponse:
    status = 500 if code.startswith(("Internal", "Service")) else 400
    body = ERRORS[protocol].format(code=code, message=json.dumps(message)[1:-1])
    return answered(status, body.encode(), **{"x-amzn-errortype": code})
