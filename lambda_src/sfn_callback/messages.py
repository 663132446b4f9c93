"""A worker's messages: a task and the token that its end is to be reported with.

The state machine sends ``{"task": {…}, "token": "…", "heartbeat_seconds": n}``: as a Lambda payload, as the body of
an SQS message, or as an SNS message, which reaches a queue raw or in SNS's envelope.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_callback.errors import InputInvalid

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """What to do, whom to tell (a secret), and how often to say that it still goes on: 0 for never."""

    content: dict[str, Any]
    token: str = field(repr=False)
    heartbeat_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A message of a queue: ``received`` counts how often it has been delivered, this time included."""

    message_id: str
    body: str = field(repr=False)
    received: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker never answered, and why."""

    task: Task
    error: str
    cause: str


def task(payload: object) -> Task:
    """Read a task.

    Raises:
        InputInvalid: it has no token, or is of another shape.
    """
    if not isinstance(payload, dict):
        raise InputInvalid(f"A task message must be a JSON object, not a {type(payload).__name__}.")
    token, content, heartbeat = payload.get("token"), payload.get("task"), payload.get("heartbeat_seconds") or 0
    if not isinstance(token, str) or not token:
        raise InputInvalid(f'The message has no "token" to answer; its fields are {sorted(payload)}.')
    if not isinstance(content, dict):
        raise InputInvalid(f'The message\'s "task" must be a JSON object, not a {type(content).__name__}.')
    if isinstance(heartbeat, bool) or not isinstance(heartbeat, int | float) or heartbeat < 0:
        raise InputInvalid('The message\'s "heartbeat_seconds" must be a number from 0.')
    return Task(content, token, heartbeat)


def text(body: str) -> Task:
    """Read a task from a message's text: raw, or in SNS's envelope. Errors as :func:`task`."""
    payload = _json(body)
    if isinstance(payload, dict) and payload.get("Type") == "Notification" and "Message" in payload:
        payload = _json(payload["Message"])
    return task(payload)


def published(event: Event) -> list[Task]:
    """Read SNS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    try:
        return [text(record["Sns"]["Message"]) for record in event["Records"]]
    except (KeyError, TypeError):
        raise InputInvalid(f"This is no SNS event; its fields are {sorted(event)}.") from None


def queued(event: Event) -> list[Record]:
    """Read SQS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    try:
        return [
            Record(record["messageId"], record["body"], int(record["attributes"]["ApproximateReceiveCount"]))
            for record in event["Records"]
        ]
    except (KeyError, TypeError):
        raise InputInvalid(f"This is no SQS event; its fields are {sorted(event)}.") from None


def lost(event: Event) -> Iterator[Lost]:
    """Read Lambda's record of a failed invocation: its tasks, and why it failed.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    response = event.get("responsePayload") or {}
    condition = event.get("requestContext", {}).get("condition", "Unknown")
    error, cause = str(response.get("errorType", condition)), str(response.get("errorMessage", condition))
    return (Lost(one, error, cause) for one in published(event["requestPayload"]))


def _json(body: object) -> object:
    try:
        return json.loads(body) if isinstance(body, str) else body
    except ValueError:
        raise InputInvalid("The message is not JSON.") from None
