"""A document in parts: where its parent is, and each of its parts, whose executions are named by the two."""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from sfn_callback import ids
from sfn_callback.aws import clients
from sfn_callback.documents import bucket, part_executions
from sfn_callback.documents.events import Job
from sfn_callback.documents.part_events import Cut
from sfn_callback.fanin import ledger
from sfn_callback.parallel import in_order
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import executions, outcomes, positions, targets
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.jobs.targets import Target

WORKFLOW = "parts"
RUNNING_STATE = "RunParts"
"""Of a parent."""
COMBINED, PENDING = "SUCCEEDED", "PENDING"
_NAME = re.compile(r"part_(.+)_([0-9]+)_[0-9a-f]+")
_LISTED = 5_000
"""Executions of the documents machine that are looked through; a part that is not among them is asked for by name."""
_AT_ONCE = 8
MOST_READ = 200
"""Parts that are not combined whose histories a command reads at a look: half of what an account has at once."""
ENDED_BADLY = ("FAILED", "TIMED_OUT", "ABORTED")
_STOPS = 3
"""Times that parts are looked for to be stopped: one may have begun meanwhile."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: ``size`` is in bytes, ``None`` where an earlier cut gave it.

    A ``combined`` part has its object, however its execution ended. ``execution`` is ``None`` if it has not started, or
    was combined for an earlier execution of the parent. ``position`` and ``progress`` are set if they were read and the
    part has been split.
    """

    number: int
    size: int | None
    combined: bool
    execution: Execution | None = None
    position: Position | None = None
    progress: Progress | None = None

    @property
    def status(self) -> str:
        """Its execution's, ``PENDING`` before it has one."""
        return COMBINED if self.combined else self.execution.status if self.execution else PENDING

    @property
    def job(self) -> Job | None:
        """Its job, once it is split."""
        return self.position.job if self.position else None

    @property
    def open(self) -> bool:
        """Whether its execution runs."""
        return self.execution is not None and self.execution.open

    @property
    def failed(self) -> bool:
        """Whether its execution has ended without combining it."""
        return self.status in ENDED_BADLY


def named(name: str) -> tuple[str, int] | None:
    """Return the parent and the number of the part whose execution has that name, ``None`` where none has."""
    match = _NAME.fullmatch(name)
    return (match[1], int(match[2])) if match and ids.is_fanin(match[1]) else None


def newest(deployment: Deployment, meant: Target) -> Target:
    """Return the execution that counts for a parent: the last one that has cut its document."""
    if meant.position.whole is None or meant.execution is None:
        return meant
    arn = ledger.connect().look(meant.position.whole.parent).execution
    if arn in (None, meant.execution.arn) or not deployment.owns(str(arn)):
        return meant
    return targets.at(deployment, str(arn)) or meant


def total(found: Sequence[Part]) -> Progress:
    """Return the chunks of all parts together, as far as they are split."""
    counted = [part.progress for part in found if part.progress]
    return added(counted, exact=len(counted) == len(found))


def added(counted: Sequence[Progress], *, exact: bool) -> Progress:
    """Return the chunks of some parts together."""
    chunks, done, failed = (sum(getattr(one, name) for one in counted) for name in ("chunks", "done", "failed"))
    waits, exact = any(one.waits for one in counted), exact and all(one.exact for one in counted)
    return Progress(chunks, done, failed, waits, exact)


def running(deployment: Deployment, parent: str) -> list[Execution]:
    """Return the running executions of a parent's parts."""
    open_ = executions.listed(deployment, executions.OPEN, workflow="documents").executions
    return [one for one in open_ if one.name.startswith(part_executions.name_prefix(parent))]


def stop(parent: str, found: Sequence[Execution], deployment: Deployment, cause: str) -> int:
    """Stop the running parts of a parent, ``found`` before; return how many."""
    stopped = set[str]()
    for _ in range(_STOPS):
        for one in found:
            clients.stepfunctions().stop_execution(executionArn=one.arn, error="Cancelled", cause=cause)
        stopped |= {one.arn for one in found}
        found = [one for one in running(deployment, parent) if one.arn not in stopped]
        if not found:
            break
    return len(stopped)


class Parts:
    """The parts of one execution of a parent, for repeated checks: what does not change is read once."""

    def __init__(self, deployment: Deployment, parent: Execution) -> None:
        self._deployment = deployment
        self._parent = parent
        self._combined: dict[int, Progress] = {}
        self._positions: dict[str, Position] = {}

    def look(self, parent: Position, most: int | None = None) -> list[Part]:
        """Return the parts in order; read all about the first ``most`` that are not combined, failed ones first.

        It takes a request per thousand executions since the parent started, and a few per hundred parts; a part takes
        one more when it is first seen, and one when it is combined.
        """
        whole = parent.whole
        if whole is None:
            return []
        self._count_combined(whole.parent, whole.total)
        began = self._executions(whole)
        left = [(number, one) for number, one in began.items() if number not in self._combined]
        left.sort(key=lambda each: (each[1].status not in ENDED_BADLY, not each[1].open, each[0]))
        read = self._read([one for _, one in left][:most])
        sizes = {number: end - start for number, start, end in whole.ranges}
        numbers = range(max([whole.total, *(number + 1 for number in began)]))
        return [self._part(number, sizes.get(number), began.get(number), read) for number in numbers]

    def _part(
        self, number: int, size: int | None, one: Execution | None, read: dict[str, tuple[Position, Progress | None]]
    ) -> Part:
        if number in self._combined:
            return Part(number, size, True, one, None, self._combined[number])
        position, progress = read.get(one.arn, (None, None)) if one else (None, None)
        return Part(number, size, False, one, position, progress)

    def _count_combined(self, parent: str, total_: int) -> None:
        store = bucket.connect()
        listed = store.parts(parent).below(total_)
        new = [number for number in listed.indexes if number not in self._combined]
        some = replace(listed, indexes=array("I", new))
        for number, told in zip(some.indexes, store.describe_parts(some), strict=True):
            chunks, failed = int(told["chunks"]), int(told["failed"])
            self._combined[number] = Progress(chunks, chunks - failed, failed, waits=False)

    def _executions(self, whole: Cut) -> dict[int, Execution]:
        """Return the newest execution of each part that this execution of the parent has begun."""
        since, prefix = self._parent.started - executions.SKEW, part_executions.name_prefix(whole.parent)
        run, found, looked = whole.run, dict[int, Execution](), 0
        listed = takewhile(lambda one: one.started >= since, executions.newest(self._deployment, "documents"))
        for one in islice(listed, _LISTED):
            looked += 1
            if one.name.startswith(prefix) and one.name.endswith(run):
                found.setdefault(part_executions.number_of(one.name), one)
        if looked == _LISTED:
            numbers = [number for number, *_ in whole.ranges]
            left = [number for number in numbers if number not in found and number not in self._combined]
            found |= dict(self._asked_for([f"{prefix}{number}_{run}" for number in left]))
        return found

    def _asked_for(self, names: Sequence[str]) -> Iterator[tuple[int, Execution]]:
        machine = self._deployment.machines["documents"].replace(":stateMachine:", ":execution:")
        arns = (f"{machine}:{name}" for name in names)
        for one in in_order(lambda arn: executions.found(arn, "documents"), arns, _AT_ONCE):
            if one:
                yield part_executions.number_of(one.name), one

    def _read(self, found: Sequence[Execution]) -> dict[str, tuple[Position, Progress | None]]:
        """Return the positions of executions, and the ledger's counts of their jobs."""
        # What runs keeps its job once it has one; how it ended is read once.
        new = [one for one in found if not self._known(one)]
        for one, position in zip(new, in_order(positions.position, new, _AT_ONCE), strict=True):
            self._positions[one.arn] = position
        split = [one for one in found if self._positions[one.arn].job]
        counted = outcomes.counted([job for one in split if (job := self._positions[one.arn].job)])
        progress = {one.arn: done for one, (_, done) in zip(split, counted, strict=True)}
        return {one.arn: (self._positions[one.arn], progress.get(one.arn)) for one in found}

    def _known(self, one: Execution) -> bool:
        position = self._positions.get(one.arn)
        return position is not None and position.job is not None and (one.open or bool(position.ending))
