"""The history of an execution, as AWS was recorded to write it: ``tests/recorded/test_histories.py``."""

import json
from datetime import datetime
from typing import Any

Event = dict[str, Any]

MAX_EVENTS = 25_000
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
TOO_LONG = f"The execution reached the maximum number of history events ({MAX_EVENTS})."

_SENT_AS = {"lambda": "Payload", "sqs": "MessageBody", "sns": "Message"}
_TO = {"lambda": ("FunctionName", "f"), "sqs": ("QueueUrl", "https://sqs/q"), "sns": ("TopicArn", "arn:aws:sns:::t")}
_ACTIONS = {"lambda": "invoke", "sqs": "sendMessage", "sns": "publish"}


class History:
    """Events; ``at`` is the kind and the name of the state that was entered last, until it is exited."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.at: tuple[str, str] | None = None
        self._task: Event = {}

    @property
    def waits(self) -> bool:
        """Whether a task is going on."""
        return bool(self._task)

    def note(self, now: datetime, kind: str, details: Event | None = None, *, follows: bool = True) -> None:
        """Add an event of that type; an error or a cause that nobody said has no key."""
        given = {name: value for name, value in (details or {}).items() if value is not None}
        fields = {} if details is None else {_details_of(kind): given}
        number = len(self.events) + 1
        before = number - 1 if follows and number > 2 else 0
        self.events.append({"id": number, "previousEventId": before, "timestamp": now, "type": kind, **fields})

    def enter(self, now: datetime, kind: str, name: str, given: Any) -> None:
        """A state is entered; the one before is exited."""
        if self.at:
            self.exit(now, given)
        self.at = kind, name
        self.note(now, f"{kind}StateEntered", {"name": name, "input": json.dumps(given)})

    def schedule(self, now: datetime, service: str, sent: Any, *, waits: bool, **limits: int) -> None:
        """The state's task begins: once more, where it has been tried before."""
        suffix = ".waitForTaskToken" if waits else ""
        self._task = {"resourceType": service, "resource": f"{_ACTIONS[service]}{suffix}"}
        parameters = {_TO[service][0]: _TO[service][1], _SENT_AS[service]: sent}
        scheduled = {**self._task, "region": "eu-central-1", "parameters": json.dumps(parameters), **limits}
        self.note(now, "TaskScheduled", scheduled)
        self.note(now, "TaskStarted", self._task)
        if waits:
            self.note(now, "TaskSubmitted", {**self._task, "output": "{}"})

    def end_task(self, now: datetime, kind: str, **said: str | None) -> None:
        """The task has ended: ``TaskSucceeded``, ``TaskFailed`` or ``TaskTimedOut``."""
        self.note(now, kind, {**self._task, **said})
        self._task = {}

    def drop_task(self) -> None:
        """Nothing more is said of the task."""
        self._task = {}

    def exit(self, now: datetime, output: Any) -> None:
        """The state is left, with its task done, unless that has ended already."""
        if self.waits:
            self.end_task(now, "TaskSucceeded", output=json.dumps(output))
        if self.at:
            kind, name = self.at
            self.note(now, f"{kind}StateExited", {"name": name, "output": json.dumps(output)})
        self.at = None


def _details_of(kind: str) -> str:
    # The details of all entries have one name, and those of all exits.
    name = next((moment for moment in ("StateEntered", "StateExited") if kind.endswith(moment)), kind)
    return f"{name[0].lower()}{name[1:]}EventDetails"
