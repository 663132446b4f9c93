"""A worker's messages: a task and the token that its end is to be reported with.

The state machine sends ``{"task": {…}, "token": "…", "execution": "arn:…", "heartbeat_seconds": n}``: as a Lambda
payload, as the body of an SQS message, or as an SNS message, which reaches a queue raw or in SNS's envelope.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_callback import events, given
from sfn_callback.errors import InputInvalid
from sfn_callback.resume import MAX_TOKEN

Event = Mapping[str, Any]


class TaskInput(dict[str, Any]):
    """What a workload's ``work`` gets: the task, which knows the ARN of its ``execution`` (``""``: nobody said it)."""

    execution: str

    def __init__(self, content: Mapping[str, Any], execution: str) -> None:
        super().__init__(content)
        self.execution = execution


@dataclass(frozen=True, slots=True)
class Task:
    """What to do, whom to tell (a secret), and how often to say that it still goes on: 0 for never.

    ``problem`` says why it cannot be done: it is told all the same, and not left waiting.
    """

    content: Any
    token: str = field(repr=False)
    heartbeat_seconds: float = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A message of a queue, or a notification.

    ``received`` counts how often a queue has delivered it, this time included; ``sent`` is when it was sent to queue or
    topic (epoch seconds), infinity where nobody says.
    """

    message_id: str
    body: str = field(repr=False)
    received: int = 1
    sent: float = math.inf


@dataclass(frozen=True, slots=True)
class Lost:
    """Notifications of tasks whose worker never answered, and why."""

    records: list[Record] = field(repr=False)
    error: str
    cause: str


def task(payload: object) -> Task:
    """Read a task.

    Raises:
        InputInvalid: it has no token that could be answered.
    """
    fields = given.fields("A task message", payload)
    token, content, heartbeat = fields.get("token"), fields.get("task"), fields.get("heartbeat_seconds") or 0
    execution = fields.get("execution")
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        shape = given.shape(fields)
        raise InputInvalid(f'The message has no "token" to answer, of 1 to {MAX_TOKEN:,} characters; {shape}.')
    nothing = TaskInput({}, "")
    if not isinstance(content, dict):
        return Task(nothing, token, problem=f'The message\'s "task" must be a JSON object, not {given.kind(content)}.')
    if isinstance(heartbeat, bool) or not isinstance(heartbeat, int | float) or not heartbeat >= 0:
        return Task(nothing, token, problem='The message\'s "heartbeat_seconds" must be a number from 0.')
    named = execution if isinstance(execution, str) else ""
    return Task(TaskInput(content, named), token, heartbeat)


def text(body: str) -> Task:
    """Read a task from a message's text: raw, or in SNS's envelope. Errors as :func:`task`."""
    payload = _json(body)
    if isinstance(payload, dict) and payload.get("Type") == "Notification" and "Message" in payload:
        payload = _json(payload["Message"])
    return task(payload)


def published(event: Event) -> list[Record]:
    """Read SNS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html

    What is wrong with one notification is that one's failure.
    """
    found = [_notification(_field(record, "Sns")) for record in _records(event)]
    if not any(one.body for one in found):
        raise InputInvalid(f"This is no SNS event; {given.shape(event)}.")
    return found


def _notification(said: object) -> Record:
    return Record(_text(said, "MessageId"), _text(said, "Message"), sent=_epoch(_text(said, "Timestamp")))


def _epoch(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, OverflowError):
        return math.inf


def queued(event: Event) -> list[Record]:
    """Read SQS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

    What is wrong with one record is that one's failure. Without its id, Lambda delivers the whole batch again:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    found = [_record(record) for record in _records(event)]
    if not any(one.message_id and one.body for one in found):
        raise InputInvalid(f"This is no SQS event; {given.shape(event)}.")
    return found


def _record(record: object) -> Record:
    attributes = _field(record, "attributes")
    received, sent = (_text(attributes, name) for name in ("ApproximateReceiveCount", "SentTimestamp"))
    return Record(
        message_id=_text(record, "messageId"),
        body=_text(record, "body"),
        # Where it cannot be read it may be any, so that the state is asked first.
        received=int(received[:18]) if received.isdecimal() else 2,
        sent=int(sent[:18]) / 1000 if sent.isdecimal() else math.inf,
    )


def lost(record: Event) -> Lost:
    """Read Lambda's record of a failed invocation: its tasks, and why it failed."""
    payload, error, cause = events.failed_invocation(record)
    return Lost(published(payload), error, cause)


def _records(event: object) -> list[object]:
    found = _field(event, "Records")
    return found if isinstance(found, list) else []


def _field(record: object, name: str) -> Any:
    return record.get(name) if isinstance(record, Mapping) else None


def _text(record: object, name: str) -> str:
    value = _field(record, name)
    return value if isinstance(value, str) else ""


def _json(body: object) -> object:
    try:
        return json.loads(body) if isinstance(body, str) else body
    except (ValueError, RecursionError):
        raise InputInvalid("The message is not JSON.") from None
