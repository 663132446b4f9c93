"""Messages of SQS, notifications of SNS, and what Lambda records of an invocation that failed for good."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_callback import log, texts, validation
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent
from sfn_callback.validation import Event

QUEUE, TOPIC = "aws:sqs", "aws:sns"


@dataclass(frozen=True, slots=True)
class Record:
    """A message of a queue, or a notification.

    ``received`` counts how often a queue has delivered it, this time included; ``sent`` is when it was sent to the
    queue or topic (epoch seconds), infinity if unknown.
    """

    message_id: str
    body: str = field(repr=False)
    received: int = 1
    sent: float = math.inf


def source(event: Event) -> str:
    """Return which service's records an event has, ``""`` if it has none."""
    first = next(iter(_records(event)), None)
    return _text(first, "eventSource") or _text(first, "EventSource")


def failure_of(record: Record, act: Callable[[Record], object], told: LogEvent) -> Exception | None:
    """Do what a record asks for; log and return the error, ``None`` if it succeeded."""
    try:
        act(record)
    except Exception as error:
        problem = f"{texts.name(error)}: {texts.message(error)}"
        log.write(told, message_id=record.message_id, received=record.received, problem=problem)
        return error
    return None


def published(event: Event) -> list[Record]:
    """Read SNS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html

    A fault in one notification fails only that one.
    """
    notifications = [_notification(_field(record, "Sns")) for record in _records(event)]
    if not any(one.body for one in notifications):
        raise InputInvalid(f"Not an SNS event; {validation.shape(event)}.")
    return notifications


def _notification(said: object) -> Record:
    return Record(_text(said, "MessageId"), _text(said, "Message"), sent=_epoch(_text(said, "Timestamp")))


def _epoch(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, OverflowError):
        return math.inf


def queued(event: Event) -> list[Record]:
    """Read SQS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

    A fault in one record fails only that one. Without its id, Lambda delivers the whole batch again:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    messages = [_record(record) for record in _records(event)]
    if not any(one.message_id and one.body for one in messages):
        raise InputInvalid(f"Not an SQS event; {validation.shape(event)}.")
    return messages


def _record(record: object) -> Record:
    attributes = _field(record, "attributes")
    received, sent = (_text(attributes, name) for name in ("ApproximateReceiveCount", "SentTimestamp"))
    return Record(
        message_id=_text(record, "messageId"),
        body=_text(record, "body"),
        # An unreadable count may be any, so that the state is asked first.
        received=int(received[:18]) if received.isdecimal() else 2,
        sent=int(sent[:18]) / 1000 if sent.isdecimal() else math.inf,
    )


def failed_invocation(record: Event) -> tuple[Event, str, str]:
    """Read Lambda's record of an invocation that failed for good: its event, the error's name and its message.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    payload = _field(record, "requestPayload")
    if not isinstance(payload, dict):
        raise InputInvalid("Not a Lambda failure record: requestPayload is missing or not an object.")
    context, response = (_field(record, name) for name in ("requestContext", "responsePayload"))
    fields = {name: value for part in (context, response) if isinstance(part, dict) for name, value in part.items()}
    condition = validation.text_or(fields, "condition", "Unknown")
    error, message = (validation.text_or(fields, name, condition) for name in ("errorType", "errorMessage"))
    return payload, error, message


def message_in(cause: str) -> str:
    """Return a function's error message: as a cause it is JSON, with the traceback.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, TypeError, KeyError):
        return cause
    return message if isinstance(message, str) and message else cause


def _records(event: object) -> list[object]:
    found = _field(event, "Records")
    return found if isinstance(found, list) else []


def _field(record: object, name: str) -> Any:
    return record.get(name) if isinstance(record, Mapping) else None


def _text(record: object, name: str) -> str:
    value = _field(record, name)
    return value if isinstance(value, str) else ""
