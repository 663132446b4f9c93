"""One run as it was: its states, and the attempts at each of its chunks, from the history, the logs and the bucket."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_callback import layout
from sfn_callback.aws import clients
from sfn_callback.documents.events import Job
from sfn_callback.log_events import LogEvent
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import causes, executions, logs, outcomes, parents, pending_chunks, positions
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.output.screen import bar, working
from sfn_callback_operator.timeline import state_visits
from sfn_callback_operator.timeline.state_visits import State

DONE, FAILED, TRIED, PENDING = "done", "failed", "tried", "pending"
_ROUND = re.compile(r"\.([0-9]+)-")
_INDEX = re.compile("[0-9]{8}")
_OUTCOMES: Mapping[str, str] = {
    LogEvent.CHUNK_DONE: DONE,
    LogEvent.CHUNK_DONE_BEFORE: DONE,
    LogEvent.ATTEMPT_FAILED: TRIED,
    LogEvent.CHUNK_FAILED: FAILED,
    LogEvent.CHUNK_PENDING: PENDING,
}
_FINAL = (DONE, FAILED)
_LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a chunk, in seconds since the run began, in a round: 0 is the split's.

    One that is pending goes from when the chunk was handed on to what came of it, which takes no time itself. Of one
    that is ``guessed`` no log line tells: it began after its chunk was there, and had ended, by the bucket's clock,
    when its result was.
    """

    start: float
    end: float
    outcome: str
    round: int = 0
    guessed: bool = False


@dataclass(slots=True)
class Chunk:
    """A chunk: when it was there, the attempts at it, and why it failed, if it did."""

    index: int
    created: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    reason: str = ""

    @property
    def outcome(self) -> str | None:
        """Its last outcome, ``None`` while it has none."""
        final = [attempt.outcome for attempt in self.attempts if attempt.outcome in _FINAL]
        return DONE if DONE in final else final[-1] if final else None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document, all of whose times are since its parent's run began.

    ``combined`` is whether its object is there: also of one that was combined before this run, and has no ``states``.
    """

    number: int
    status: str
    combined: bool
    states: tuple[State, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    error: str = ""

    @property
    def start(self) -> float:
        """When it entered its first state."""
        return min((state.start for state in self.states), default=0.0)

    @property
    def end(self) -> float | None:
        """When it left its last state, ``None`` while it has not."""
        ends = [state.end for state in self.states]
        return None if None in ends else max((end for end in ends if end is not None), default=0.0)

    @property
    def failed(self) -> bool:
        """Whether it has ended without being combined."""
        return not self.combined and self.status in parents.ENDED_BADLY


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run; ``seconds`` is how long it took, or has been going on, as ``show`` says it.

    The chunks of a document in parts are those of its ``parts``.
    """

    name: str
    workflow: str
    status: str
    started: datetime
    seconds: float
    states: tuple[State, ...]
    chunks: tuple[Chunk, ...]
    error: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def all_chunks(self) -> list[Chunk]:
        """Its chunks, and those of its parts."""
        return [*self.chunks, *(chunk for part in self.parts for chunk in part.chunks)]

    @property
    def until(self) -> float:
        """The end of what there is to tell: chunks go on after an execution that was aborted or has failed."""
        return max([self.seconds, *(attempt.end for chunk in self.all_chunks for attempt in chunk.attempts)])


def of(deployment: Deployment, execution: Execution) -> RunRecord:
    """Gather a run, and those of its parts."""
    with working("Reading the run"):
        run, position = _run(deployment, execution)
    if position.whole is None:
        return run
    with working("Looking at its parts"):
        found = parents.Parts(deployment, execution).look(position, 0)
    return replace(run, parts=tuple(_parts(deployment, execution, found)))


def _parts(deployment: Deployment, parent: Execution, found: Sequence[parents.Part]) -> Iterator[Part]:
    with bar() as shown:
        task = shown.add_task("parts read", total=len(found), more="")
        for part in found:
            yield _part(deployment, parent, part)
            shown.advance(task)


def _part(deployment: Deployment, parent: Execution, part: parents.Part) -> Part:
    if part.execution is None:
        return Part(part.number, part.status, part.combined)
    run, _ = _run(deployment, part.execution)
    later = (part.execution.started - parent.started).total_seconds()
    states = [State(one.name, one.start + later, None if one.end is None else one.end + later) for one in run.states]
    for chunk in run.chunks:
        chunk.created = None if chunk.created is None else chunk.created + later
        chunk.attempts = [replace(one, start=one.start + later, end=one.end + later) for one in chunk.attempts]
    return Part(part.number, part.status, part.combined, tuple(states), run.chunks, run.error)


def _run(deployment: Deployment, execution: Execution) -> tuple[RunRecord, Position]:
    execution, description = executions.described(execution.arn, execution.workflow)
    states = tuple(state_visits.of(execution))
    position = positions.position(execution)
    error = causes.sentence(description.get("error"), description.get("cause"))
    chunks = tuple(_chunks(deployment, execution, position.job)) if position.job else ()
    seconds = execution.seconds
    run = RunRecord(
        execution.name, execution.workflow, execution.status, execution.started, seconds, states, chunks, error
    )
    return run, position


def _chunks(deployment: Deployment, execution: Execution, job: Job) -> Iterable[Chunk]:
    chunks = {index: Chunk(index) for index in range(job.chunks)}
    _read_logs(deployment, execution, job, chunks)
    _read_bucket(deployment, execution, job, chunks)
    for chunk in chunks.values():
        _end_pending(chunk, execution.seconds)
    for index, why in outcomes.of_job(outcomes.current(job)).failed.items():
        chunks[index].reason = why
    return chunks.values()


def _read_logs(deployment: Deployment, execution: Execution, job: Job, chunks: Mapping[int, Chunk]) -> None:
    reported = ("report",) if pending_chunks.are_possible() else ()
    for handler in ("process", "chunk_failed", *reported):
        for line in _lines(deployment.invoked(handler), execution, job):
            chunk, outcome = chunks.get(line.get("chunk", -1)), _OUTCOMES.get(line.get("event", ""))
            if chunk and outcome:
                # What a report says took is the time that the chunk was pending.
                at_once = handler in reported or outcome == PENDING
                chunk.attempts.append(_attempt(line, outcome, execution.started, at_once=at_once))
    for chunk in chunks.values():
        chunk.attempts.sort(key=lambda attempt: attempt.end)


def _end_pending(chunk: Chunk, until: float) -> None:
    """End each pending attempt where its chunk had an outcome, or was handed on again; else it goes on until then."""
    for at, one in enumerate(chunk.attempts):
        if one.outcome == PENDING:
            ends = [each.end for each in chunk.attempts if each.end >= one.start and _settles(each, one)]
            again = [each.start for each in chunk.attempts if each.start > one.start and each.outcome == PENDING]
            chunk.attempts[at] = replace(one, end=max(one.start, min([*ends, *again], default=until)))


def _settles(later: Attempt, handed_on: Attempt) -> bool:
    # A worker of an earlier round may report a failure there, while another worker has the chunk.
    return later.outcome == DONE or (later.outcome == FAILED and later.round == handed_on.round)


def _attempt(line: Mapping[str, Any], outcome: str, began: datetime, *, at_once: bool) -> Attempt:
    end = (datetime.fromisoformat(line["timestamp"]) - began).total_seconds()
    number = _ROUND.search(line.get("fanin", ""))
    start = end - (0 if at_once else line.get("seconds", 0))
    return Attempt(max(0.0, start), end, outcome, int(number[1]) if number else 0)


def _lines(function: str, execution: Execution, job: Job) -> Iterator[dict[str, Any]]:
    # Without logs the bucket tells, by the second.
    until = (execution.stopped or datetime.now(UTC)) + _LATE
    lines = logs.texts(function, [job.job], execution.started, until)
    return filter(None, (_line(text, job) for text in lines))


def _line(text: str, job: Job) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and line.get("job") == job.job else None


def _read_bucket(deployment: Deployment, execution: Execution, job: Job, chunks: Mapping[int, Chunk]) -> None:
    for index, at in _modified(deployment, layout.chunks(job.job)):
        if index in chunks:
            chunks[index].created = max(0.0, (at - execution.started).total_seconds())
    for index, at in _modified(deployment, layout.results(job.job)):
        chunk = chunks.get(index)
        if chunk and chunk.outcome != DONE:
            end = (at - execution.started).total_seconds()
            handed_on = any(one.outcome == PENDING for one in chunk.attempts)
            start = end if chunk.created is None or handed_on else min(chunk.created, end)
            chunk.attempts.append(Attempt(start, end, DONE, guessed=True))


def _modified(deployment: Deployment, prefix: str) -> Iterator[tuple[int, datetime]]:
    pages = clients.s3().get_paginator("list_objects_v2").paginate(Bucket=deployment.settings.bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", ()):
            name = entry["Key"].removeprefix(prefix)
            if _INDEX.fullmatch(name):
                yield int(name), entry["LastModified"]
