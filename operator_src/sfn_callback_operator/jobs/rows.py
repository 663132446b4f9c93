"""A row of the list of ``jobs``, and the rows of a parent's parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_callback.approvals.store import Approval
from sfn_callback.documents import bucket
from sfn_callback_operator.jobs import causes, executions, parents
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.output import screen


@dataclass(frozen=True, slots=True)
class Row:
    """An execution, also a durable function's, or an approval that another machine waits for.

    ``made_good`` is the place of the result that an operator merged for a failed job. A parent has ``parts``, ``more``
    parts that are not shown, and ``combined`` ones among all.
    """

    execution: Execution | None
    position: Position
    progress: Progress | None
    round: int | None
    waits_for: str
    asked: Approval | None = None
    made_good: str | None = None
    parts: Sequence["Row"] = ()
    more: int = 0
    combined: int = 0

    @property
    def called(self) -> str:
        """The name that other commands take."""
        if self.asked:
            return self.asked.mark
        return self.position.job_name or (self.execution.name if self.execution else "")

    @property
    def total(self) -> int | None:
        """How many parts a parent has, ``None`` where it is none, or its document has not been cut."""
        return self.position.whole.total if self.position.whole else None

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        execution, done, job = self.execution, self.progress, self.position.job
        counts = _counts(done) if done else _counts_of(self.position)
        return {
            "target": self.called,
            "workflow": execution.workflow if execution else "approval",
            "status": execution.status if execution else executions.OPEN,
            "age_seconds": round(screen.ago(execution.started)) if execution else None,
            "state": self.position.state,
            "since": self.position.since,
            "job": self.position.job_name,
            **self._parts(),
            "round": self.round or (job.round if job else None),
            **counts,
            "waits_for": self.waits_for,
            **self._ending(),
            "made_good": self.made_good,
            "execution": execution.arn if execution else self.asked.execution if self.asked else None,
            **({"function": execution.function, "name": execution.name} if execution and execution.function else {}),
        }

    def _parts(self) -> dict[str, Any]:
        """Return what it has of parts, or which part it is."""
        named = parents.named(self.execution.name) if self.execution else None
        if named:
            return {"part": named[1], "parent": named[0]}
        if self.execution is None or self.execution.workflow != parents.WORKFLOW:
            return {}
        below = {"parts": [part.as_json() for part in self.parts], "parts_more": self.more}
        return {"parts_total": self.total, "parts_combined": self.combined, **below}

    def _ending(self) -> dict[str, Any]:
        """Return how it has ended."""
        if self.execution is None or self.execution.open:
            return {}
        ending = self.position.ending
        why = {"error": ending.get("error"), "cause": causes.plain(ending.get("cause")) or None}
        known = {"seconds": self.execution.seconds, "ended": self.execution.stopped}
        return {**known, **why, "output": executions.output(ending)}


def _counts(done: Progress) -> dict[str, Any]:
    counts = {"chunks": done.chunks, "done": done.done, "failed": done.failed, "at_least": not done.exact}
    return {**counts, "pending": done.pending, "pending_at_least": not done.all_asked}


def _counts_of(ended: Position) -> dict[str, Any]:
    """Return the counts of chunks that are known without a request: from the execution's output, or the job."""
    output = executions.output(ended.ending)
    if (ended.job or ended.whole) and isinstance(output, dict) and {"chunks", "failed"} <= {*output}:
        return _counts(Progress(output["chunks"], output["chunks"] - output["failed"], output["failed"], waits=False))
    chunks = ended.job.chunks if ended.job else None
    return {"chunks": chunks, "done": None, "failed": None, "at_least": None, "pending": None, "pending_at_least": None}


def with_parts(row: Row, below: Sequence[Row], more: int) -> Row:
    """Return a parent's row with those of its parts that are shown: a request says how many are combined."""
    one, whole = row.execution, row.position.whole
    if one is None or whole is None or one.workflow != parents.WORKFLOW:
        return row
    combined = len(bucket.connect().parts(whole.parent).below(whole.total).indexes)
    row = replace(row, parts=below, more=more, combined=combined)
    if not one.open:
        return row
    known = [part.progress for part in below if part.progress]
    left = f"{whole.total - combined:,} of {whole.total:,} parts"
    waits_for = left if row.position.state == parents.RUNNING_STATE else row.waits_for
    total = parents.added(known, exact=len(known) == whole.total) if known else None
    return replace(row, progress=total, waits_for=waits_for)


def of_part(row: Row) -> Row:
    """Return the row of a part, which may have failed while its parent goes on."""
    said = row.position.ending
    why = causes.sentence(said.get("error"), said.get("cause"))
    return replace(row, waits_for=why) if row.execution and not row.execution.open else row
