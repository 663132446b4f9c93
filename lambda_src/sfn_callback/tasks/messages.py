"""A worker's messages: a task and the token that its end is to be reported with.

The state machine sends ``{"task": {…}, "token": "…", "execution": "arn:…", "heartbeat_seconds": n}``: as a Lambda
payload, as the body of an SQS message, or as an SNS message, which reaches a queue raw or in SNS's envelope.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_callback import validation
from sfn_callback.aws import records
from sfn_callback.aws.records import Record
from sfn_callback.errors import InputInvalid
from sfn_callback.resume import MAX_TOKEN
from sfn_callback.validation import Event


class TaskInput(dict[str, Any]):
    """The task that a workload's ``work`` receives; it knows the ARN of its ``execution`` (``""`` if unknown)."""

    execution: str

    def __init__(self, content: Mapping[str, Any], execution: str) -> None:
        super().__init__(content)
        self.execution = execution


@dataclass(frozen=True, slots=True)
class Task:
    """The task, the token to answer (a secret), and the seconds in which a heartbeat is due: 0 for never.

    ``problem`` says why it cannot be done: the token is answered with it, so that nobody waits in vain.
    """

    content: Any
    token: str = field(repr=False)
    heartbeat_seconds: float = 0
    problem: str = ""


def task(payload: object) -> Task:
    """Read a task.

    Raises:
        InputInvalid: it has no usable token.
    """
    fields = validation.fields("A task message", payload)
    token, content, heartbeat = fields.get("token"), fields.get("task"), fields.get("heartbeat_seconds") or 0
    execution = fields.get("execution")
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        shape = validation.shape(fields)
        raise InputInvalid(f'The message must have a "token" of 1 to {MAX_TOKEN:,} characters; {shape}.')
    nothing = TaskInput({}, "")
    if not isinstance(content, dict):
        problem = f'The message\'s "task" must be a JSON object, not {validation.kind(content)}.'
        return Task(nothing, token, problem=problem)
    if isinstance(heartbeat, bool) or not isinstance(heartbeat, int | float) or not heartbeat >= 0:
        return Task(nothing, token, problem='The message\'s "heartbeat_seconds" must be a non-negative number.')
    named = execution if isinstance(execution, str) else ""
    return Task(TaskInput(content, named), token, heartbeat)


def text(body: str) -> Task:
    """Read a task from a message's text: raw, or in SNS's envelope. Errors as :func:`task`."""
    payload = _json(body)
    if isinstance(payload, dict) and payload.get("Type") == "Notification" and "Message" in payload:
        payload = _json(payload["Message"])
    return task(payload)


def lost(record: Event) -> tuple[list[Record], str, str]:
    """Read Lambda's record of a failed invocation: its notifications, the error's name and its message."""
    payload, error, cause = records.failed_invocation(record)
    return records.published(payload), error, cause


def _json(body: object) -> object:
    try:
        return json.loads(body) if isinstance(body, str) else body
    except (ValueError, RecursionError):
        raise InputInvalid("The message is not JSON.") from None
