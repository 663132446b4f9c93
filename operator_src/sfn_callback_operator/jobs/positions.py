"""The state that an execution is in, its input, its job and its token: read from the end of its history backwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sfn_callback.documents import events, part_events
from sfn_callback.documents.events import Job
from sfn_callback.documents.part_events import Cut
from sfn_callback.errors import InputInvalid
from sfn_callback_operator.jobs import executions
from sfn_callback_operator.jobs.executions import Execution

WAITING_STATE = "AwaitChunks"
CALLBACK = "a callback"
"""What a durable function is at, in the place of a state: which one, its history alone says."""
ONE_OF_SEVERAL = "Inside Parallel or Map several states are open at once: the one that was entered last is shown."

_ENDINGS = {f"Execution{how}": f"execution{how}EventDetails" for how in ("Failed", "TimedOut", "Aborted", "Succeeded")}
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html"""


@dataclass(frozen=True, slots=True)
class Position:
    """The state that an execution is in, since when, with which input, and its job where it has one.

    ``token`` is a secret: that of the task which was scheduled last, where the history tells it. ``several`` says that
    the machine has states within states, of which more than one can be open. ``ending`` is what the history says of the
    execution's end: ``error`` and ``cause``, or ``output``. ``whole`` is a document that is cut into parts: 0 before it
    is.
    """

    state: str | None = None
    since: datetime | None = None
    given: Any = None
    job: Job | None = None
    token: str | None = field(default=None, repr=False)
    several: bool = False
    ending: Mapping[str, Any] = field(default_factory=dict, repr=False)
    whole: Cut | None = None

    @property
    def waits_for_chunks(self) -> bool:
        """Whether its job's chunks are waited for."""
        return self.state == WAITING_STATE or (self.state == CALLBACK and self.job is not None)

    @property
    def job_name(self) -> str | None:
        """The job of an execution, or of a parent, ``None`` before it has one."""
        return self.job.job if self.job else self.whole.parent if self.whole else None


def position(execution: Execution) -> Position:
    """Return where an execution is: in the open state that it entered last, or, once ended, in the last state."""
    if execution.function:
        return Position(CALLBACK)
    walk = _Walk(execution.open)
    for page in executions.backwards(execution.arn):
        for event in page:
            walk.take(event)
        if walk.entered and (walk.job or execution.workflow != "documents"):
            break
    found = walk.position()
    return replace(found, whole=_whole(found.given), several=False) if execution.workflow == "parts" else found


class _Walk:
    """What the events say, from the last to the first."""

    def __init__(self, open_: bool) -> None:
        self.entered: Mapping[str, Any] | None = None
        self.job: Job | None = None
        self._open = open_
        self._last: Mapping[str, Any] | None = None
        self._exits: dict[int, int] = {}
        self._token: str | None = None
        self._tokens: dict[int, str] = {}
        self._redriven: datetime | None = None
        self._several = False
        self._ending: Mapping[str, Any] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """Look at the event before the ones that were looked at."""
        self._several |= event["type"].startswith(("Parallel", "Map"))
        if event["type"] in _ENDINGS and not self._open:
            self._ending = self._ending or event.get(_ENDINGS[event["type"]], {})
        exits = self._follow(event)
        if self.entered is None:
            self._look_for_state(event, exits)
        if self.entered is not None and self.job is None:
            self.job = _job_of(event)

    def position(self) -> Position:
        """Return what was found."""
        entry = self.entered or self._last
        if entry is None:
            return Position(several=self._several, ending=self._ending)
        details = entry["stateEnteredEventDetails"]
        since = max(self._redriven or entry["timestamp"], entry["timestamp"])
        given = _read(details.get("input"))
        job = self.job or _job(given)
        token = self._tokens.get(entry.get("id", 0)) if self._several else self._token
        return Position(details["name"], since, given, job, token, self._several, self._ending)

    def _look_for_state(self, event: Mapping[str, Any], exits: int) -> None:
        if event["type"] == "ExecutionRedriven":
            # The state goes on without being entered again, and its earlier token is over.
            self._redriven = self._redriven or event["timestamp"]
        if self._redriven is None and not exits:
            self._note_token(event)
        if "stateEnteredEventDetails" in event:
            self._last = self._last or event
            self.entered = None if exits and self._open else event

    def _note_token(self, event: Mapping[str, Any]) -> None:
        """Hand the token down to the entry of the state whose task was given it: another branch has its own."""
        token = self._tokens.get(event.get("id", 0)) or _token(event)
        if token:
            self._token = self._token or token
            if "stateEnteredEventDetails" not in event:
                self._tokens.setdefault(event.get("previousEventId", 0), token)

    def _follow(self, event: Mapping[str, Any]) -> int:
        """Return how many states that this event belongs to have been exited by what followed it."""
        exits = self._exits.pop(event.get("id", 0), 0)
        kind = event["type"]
        before = exits + kind.endswith(("StateExited", "StateAborted")) - kind.endswith("StateEntered")
        if before > 0:
            previous = event.get("previousEventId", 0)
            self._exits[previous] = max(before, self._exits.get(previous, 0))
        return exits


def _job_of(event: Mapping[str, Any]) -> Job | None:
    entered = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    return _job(_read(entered.get("input") or entered.get("output")))


def _job(given: Any) -> Job | None:
    try:
        return events.job_of(given)
    except (InputInvalid, AttributeError, TypeError):
        return None


def _whole(given: Any) -> Cut | None:
    try:
        cut = part_events.cut({"total": 0, **given})
        return replace(
            cut, ranges=[(n, start, end) for n, start, end in given.get("parts", ())], run=given.get("run", "")
        )
    except (InputInvalid, AttributeError, TypeError, ValueError):
        return None


def _token(event: Mapping[str, Any]) -> str | None:
    """Return the token that a task was scheduled with.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_TaskScheduledEventDetails.html
    """
    scheduled = event.get("taskScheduledEventDetails", {})
    parameters = _read(scheduled.get("parameters")) or {}
    for holder in ("Payload", "MessageBody", "Message"):
        content = parameters.get(holder) if isinstance(parameters, dict) else None
        if isinstance(content, dict) and isinstance(content.get("token"), str):
            return str(content["token"])
    return None


def _read(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
