"""The rows of what is open: where each execution is, by its history and the ledger, and what it waits for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from sfn_callback import timestamps
from sfn_callback.approvals.store import Approval
from sfn_callback.documents.events import Job
from sfn_callback.parallel import in_order
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import durable, durable_waits, executions, outcomes, pending_chunks, positions
from sfn_callback_operator.jobs.durable_waits import Wait
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.jobs.rows import Row, of_part, with_parts
from sfn_callback_operator.output import screen

PENDING = 3
"""Requests of a page for chunks that are pending."""
_AT_ONCE = 8
_WORKERS = {
    "direct": "an answer of the function {name}-direct-worker",
    "queue": "whoever consumes the queue {name}-tasks",
    "topic": "a subscriber of the topic {name}-tasks",
}


@dataclass(frozen=True, slots=True)
class OneOpen:
    """An open execution, the approval that it waits for, or both; for a durable function, its ``wait``."""

    execution: Execution | None
    asked: Approval | None = None
    wait: Wait | None = None

    @property
    def called(self) -> str:
        """Its name, without a look at its history."""
        if self.asked:
            return self.asked.mark
        if self.wait:
            return self.wait.job
        return self.execution.name if self.execution else ""

    @property
    def began(self) -> datetime:
        """When its execution started; unknown for other people's machines."""
        return self.execution.started if self.execution else datetime.now(UTC)


One = TypeVar("One", Execution, OneOpen)


@dataclass(slots=True)
class Read:
    """The positions of executions, by their ARNs, according to their histories."""

    at: dict[str, Position] = field(default_factory=dict)

    def read(self, wanted: Iterable[Execution]) -> None:
        """Read histories in parallel, at the account's pace, with a progress bar."""
        unread = [one for one in dict.fromkeys(wanted) if one.arn not in self.at and not one.function]
        with screen.bar() as bar:
            task = bar.add_task("histories read", total=len(unread), more="")
            for execution, position in zip(unread, in_order(positions.position, unread, _AT_ONCE), strict=True):
                self.at[execution.arn] = position
                bar.advance(task)


@dataclass(frozen=True, slots=True)
class Chosen(Generic[One]):
    """A listed row, with its listed parts, and how many more there are."""

    one: One
    parts: Sequence[Execution]
    more: int


def rows(deployment: Deployment, shown: Sequence[Chosen[OneOpen]], groups: int | None) -> list[Row]:
    """Return a row for each that is shown; ``groups`` limits how many groups of their jobs are read, if given."""
    read = Read()
    each = [one for row in shown for one in (row.one.execution, *row.parts) if one]
    read.read(each)
    seen, waits = _seen(each), [row.one.wait for row in shown if row.one.wait]
    places = durable_waits.at([wait for wait in waits if seen[wait.execution]])
    at = [*(read.at[one.arn] for one in dict.fromkeys(each) if not one.function), *places.values()]
    jobs = [one.job for one in at if one.job]
    requests = PENDING if groups is not None else PENDING * len(jobs)
    known = pending_chunks.counted(outcomes.counted(jobs, groups), requests)
    counted = {job.job: (job, progress) for job, progress in known}

    def row(one: OneOpen) -> Row:
        if one.execution is None:
            return _row(deployment, one, Position("?"), counted)
        if one.execution.function:
            position = places[one.wait] if one.wait else Position(positions.CALLBACK)
            return _row(deployment, replace(one, execution=seen[one.execution.arn]), position, counted)
        return _row(deployment, one, read.at[one.execution.arn], counted)

    there = [one for one in shown if one.one.execution is None or seen.get(one.one.execution.arn, True)]
    return [with_parts(row(one.one), [of_part(row(OneOpen(part))) for part in one.parts], one.more) for one in there]


def _seen(listed: Iterable[Execution]) -> dict[str, Execution | None]:
    """Return the current executions of durable functions by their ARNs, ``None`` for those that have ended."""
    arns = list(dict.fromkeys(one.arn for one in listed if one.function))
    found = in_order(lambda arn: executions.found(arn, durable.WORKFLOW), arns, _AT_ONCE)
    return {arn: now if now and now.open else None for arn, now in zip(arns, found, strict=True)}


def _row(deployment: Deployment, item: OneOpen, position: Position, counted: Mapping[str, tuple[Job, Progress]]) -> Row:
    function = item.execution.function if item.execution else None
    who = f", for the durable function {function}" if function else ""
    if position.job:
        job, progress = counted[position.job.job]
        return Row(item.execution, position, progress, job.round, f"{_chunks(position, progress)}{who}")
    if item.asked:
        question = f"a decision until {timestamps.readable(item.asked.deadline)}{who}: {item.asked.request.subject}"
        return Row(item.execution, position, None, None, question, item.asked)
    workflow = item.execution.workflow if item.execution else ""
    waits_for = _WORKERS.get(workflow, "its state {state}").format(name=deployment.name, state=position.state)
    return Row(item.execution, position, None, None, f"{waits_for}{who}")


def _chunks(position: Position, counted: Progress) -> str:
    if not position.waits_for_chunks:
        return f"its state {position.state}"
    if counted.open:
        pending = f", {pending_chunks.said(counted)} of them pending" if counted.pending else ""
        return f"{'' if counted.exact else 'at most '}{counted.open:,} of {counted.chunks:,} chunks{pending}"
    if position.state == positions.CALLBACK:
        # A machine would have another state by now; of a durable function that goes on, only its history says where.
        return "something else: all chunks have an outcome"
    return "nothing: all chunks have an outcome, but the verdict was not delivered"
