"""The states that a run went through, by its history, some of them within others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_callback_operator.jobs import executions
from sfn_callback_operator.jobs.executions import Execution


@dataclass(frozen=True, slots=True)
class State:
    """A visit to a state, in seconds since the run began; ``end`` is ``None`` while it is in it."""

    name: str
    start: float
    end: float | None


def of(execution: Execution) -> Iterator[State]:
    """Yield each visit to a state, in the order in which they began."""
    visits = _Visits()
    for event in executions.history(execution.arn):
        visits.take(event, (event["timestamp"] - execution.started).total_seconds())
    last = None if execution.open else execution.seconds
    yield from (State(one.name, one.start, last if one.end is None else one.end) for one in visits.all)


@dataclass(slots=True, eq=False)
class _Visit:
    name: str
    start: float
    within: "tuple[_Visit, ...]"
    end: float | None = None


class _Visits:
    """Visits to states, some of them within others: each event follows one of its own branch."""

    def __init__(self) -> None:
        self.all: list[_Visit] = []
        self._open: list[_Visit] = []
        self._after: dict[int, tuple[_Visit, ...]] = {}

    def take(self, event: Mapping[str, Any], at: float) -> None:
        """Look at the next event."""
        within = self._after.get(event.get("previousEventId", 0), ())
        if "stateEnteredEventDetails" in event:
            within = (*within, self._enter(event["stateEnteredEventDetails"]["name"], at, within))
        elif "stateExitedEventDetails" in event:
            within = self._exit(event["stateExitedEventDetails"]["name"], at, within)
        elif event["type"].endswith("StateAborted") and within:
            within = self._end(within[-1], at)
        self._after[event.get("id", 0)] = within

    def _enter(self, name: str, at: float, within: tuple[_Visit, ...]) -> _Visit:
        visit = _Visit(name, at, within)
        self.all.append(visit)
        self._open.append(visit)
        return visit

    def _exit(self, name: str, at: float, within: tuple[_Visit, ...]) -> tuple[_Visit, ...]:
        # After a native redrive the events of a state need not follow those before.
        left = next((one for one in reversed(within or self._open) if one.name == name), None)
        return self._end(left, at) if left else within

    def _end(self, left: _Visit, at: float) -> tuple[_Visit, ...]:
        for visit in [one for one in self._open if one is left or left in one.within]:
            visit.end = at
            self._open.remove(visit)
        return left.within
