"""What ``jobs`` lists: a row for each execution, with what it waits for.

A row takes a request for its history, of which an account has few, so that a list says how many rows it is to have, and
what there is beyond them. Its first page takes 30 requests at the most, however many executions are open.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_callback import approval, settings
from sfn_callback.approvals import Approval
from sfn_callback.events import Job
from sfn_callback.parallel import in_order
from sfn_callback_operator import executions, jobs, positions, questions, screen
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.executions import Execution, Listed
from sfn_callback_operator.jobs import Progress
from sfn_callback_operator.positions import Position
from sfn_callback_operator.questions import Undecided
from sfn_callback_operator.rounds import WAITING_STATE

_WORKERS = {
    "direct": "an answer of the function {name}-direct-worker",
    "queue": "whoever consumes the queue {name}-tasks",
    "topic": "a subscriber of the topic {name}-tasks",
}
ROWS = 20
"""Of a page, unless somebody wants more."""
_REQUESTS = 30
_OTHERS = 5
"""Requests of the first page for the deployment itself, and for what the ledger has of its rows, but for groups."""
_IN_ONE = 100
"""Groups that DynamoDB gives in a request."""
_PAGES, _SCANNED = 9, 4
"""Requests of the first page for more than a thousand executions of a workflow, and for the ledger's approvals."""
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Row:
    """An execution, or an approval that a machine of somebody else's waits for.

    ``made_good`` is where an operator has merged what there is of a job that had failed.
    """

    execution: Execution | None
    position: Position
    progress: Progress | None
    round: int | None
    waits_for: str
    asked: Approval | None = None
    made_good: str | None = None

    @property
    def called(self) -> str:
        """The name that other commands take."""
        if self.asked:
            return self.asked.mark
        if self.position.job:
            return self.position.job.job
        return self.execution.name if self.execution else ""

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        one, done = self.execution, self.progress
        return {
            "target": self.called,
            "workflow": one.workflow if one else "approval",
            "status": one.status if one else executions.OPEN,
            "age_seconds": round(screen.ago(one.started)) if one else None,
            "state": self.position.state,
            "since": self.position.since,
            "job": self.position.job.job if self.position.job else None,
            "round": self.round,
            "chunks": done.chunks if done else None,
            "done": done.done if done else None,
            "failed": done.failed if done else None,
            "at_least": not done.exact if done else None,
            "waits_for": self.waits_for,
            "made_good": self.made_good,
            "execution": one.arn if one else self.asked.execution if self.asked else None,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be listed: of one ``workflow``, as old as ``older_than`` seconds, and how many rows.

    Without a ``limit`` it is a page, unless it is to be ``every`` one.
    """

    limit: int | None = None
    every: bool = False
    workflow: str | None = None
    older_than: float = 0

    @property
    def thrifty(self) -> bool:
        """Whether few requests matter more than all rows."""
        return self.limit is None and not self.every

    def fits(self, one: Execution) -> bool:
        """Whether the execution is meant."""
        return one.seconds >= self.older_than


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and in words what there is beyond them, empty where they are all."""

    rows: Sequence[Row]
    beyond: str = ""


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open: an execution, the approval that it waits for, or both."""

    execution: Execution | None
    asked: Approval | None = None

    @property
    def called(self) -> str:
        if self.asked:
            return self.asked.mark
        return self.execution.name if self.execution else ""


@dataclass(slots=True)
class _Read:
    """Where executions are, by their ARNs: what their histories say."""

    at: dict[str, Position] = field(default_factory=dict)

    def read(self, wanted: Iterable[Execution]) -> None:
        """Read histories, at once and at the account's pace, with a bar."""
        found = [*dict.fromkeys(wanted)]
        with screen.bar() as bar:
            task = bar.add_task("histories read", total=len(found), more="")
            for one, position in zip(found, in_order(positions.position, found, _AT_ONCE), strict=True):
                self.at[one.arn] = position
                bar.advance(task)


def open_page(deployment: Deployment, wanted: Wanted) -> Page:
    """Return what is open, the oldest first: nobody who is woken looks for the newest."""
    pages = _PAGES if wanted.thrifty else None
    listed = executions.listed(deployment, executions.OPEN, workflow=wanted.workflow, pages=pages)
    asked = _undecided(deployment, wanted)
    open_ = _open(deployment, listed, asked, wanted)
    shown = open_[: _number(deployment, listed, wanted)]
    beyond = _beyond(len(shown), len(open_), "open", cut=bool(listed.cut), oldest=True)
    if not asked.complete:
        beyond = f"{beyond} The ledger has not been read to its end: approvals may be missing; --all has them.".strip()
    return Page(_open_rows(deployment, shown, _groups(deployment, listed, shown) if wanted.thrifty else None), beyond)


def open_names(deployment: Deployment, wanted: Wanted) -> Iterator[str]:
    """Yield what all that is open is called, the oldest first; no history is read for it."""
    listed = executions.listed(deployment, executions.OPEN, workflow=wanted.workflow)
    found = _open(deployment, listed, _undecided(deployment, wanted), wanted)[: wanted.limit]
    several = _several([one.execution for one in found if one.execution and not one.asked])
    return (one.execution.arn if one.execution and one.called in several else one.called for one in found)


def ended_page(deployment: Deployment, wanted: Wanted, status: str | None = None) -> Page:
    """Return those that have ended, of each workflow and status the newest: what failed comes first."""
    limit = wanted.limit or ROWS
    found, cut = _ended(deployment, wanted, limit, status)
    shown = found[:limit]
    read = _Read()
    read.read(shown)
    failed = [one for one in shown if one.workflow == "documents" and one.status != "SUCCEEDED"]
    made_good = jobs.made_good([job for one in failed if (job := read.at[one.arn].job)])
    rows = [_ended_row(one, read.at[one.arn], made_good) for one in shown]
    return Page(rows, _beyond(len(shown), len(found), status or "ended", cut=cut, oldest=False))


def ended_names(deployment: Deployment, wanted: Wanted, status: str | None = None) -> list[str]:
    """Return the names of all executions that have ended so; no history is read for it."""
    found, _ = _ended(deployment, wanted, wanted.limit, status)
    several = _several(found)
    return [one.arn if one.name in several else one.name for one in found[: wanted.limit]]


def _several(found: Iterable[Execution]) -> set[str]:
    """Return the names that executions of several workflows have."""
    return {name for name, number in Counter(one.name for one in found).items() if number > 1}


def _undecided(deployment: Deployment, wanted: Wanted) -> Undecided:
    if "approval" not in deployment.machines or wanted.workflow not in (None, "approval"):
        return Undecided()
    return questions.undecided(_SCANNED if wanted.thrifty else None)


def _open(deployment: Deployment, listed: Listed, asked: Undecided, wanted: Wanted) -> list[_Open]:
    by_execution = asked.by_execution()
    fitting = [one for one in listed.found if wanted.fits(one)]
    fitting.sort(key=lambda one: one.started)
    found = [_Open(one, mine) for one in fitting for mine in by_execution.pop(one.arn, [None])]
    known = {one.arn for one in listed.found}
    # A machine of the caller's own can ask, too. One of ours that has ended asks nobody any more.
    ours = tuple(machine.replace(":stateMachine:", ":execution:") for machine in deployment.machines.values())
    foreign = [arn for arn in by_execution if arn not in known and not arn.startswith(ours)]
    return found + [_Open(None, one) for arn in foreign for one in by_execution[arn] if not wanted.older_than]


def _number(deployment: Deployment, listed: Listed, wanted: Wanted) -> int | None:
    """Return how many rows there are to be: of the first page as many as there are requests left for."""
    if not wanted.thrifty:
        return wanted.limit
    return min(ROWS, _left(deployment, listed) - 1)


def _groups(deployment: Deployment, listed: Listed, shown: Sequence[_Open]) -> int:
    """Return how many groups of the first page's jobs there are requests left to look into."""
    return _IN_ONE * (_left(deployment, listed) - len({one.execution for one in shown}))


def _left(deployment: Deployment, listed: Listed) -> int:
    asked = _SCANNED if "approval" in deployment.machines else 0
    return _REQUESTS - _OTHERS - asked - listed.requests


def _beyond(shown: int, found: int, what: str, *, cut: bool, oldest: bool) -> str:
    if not cut and shown == found:
        return ""
    first = "oldest" if oldest else "newest"
    number = f"{found - shown:,}{' or more' if cut else ''}" if found > shown else "More"
    return f"{number} {what} beyond these, the {first} {shown}: --limit N shows N, --names names all of them."


def _open_rows(deployment: Deployment, shown: Sequence[_Open], groups: int | None) -> list[Row]:
    read = _Read()
    read.read(one.execution for one in shown if one.execution)
    found = [(one, read.at[one.execution.arn] if one.execution else Position("?")) for one in shown]
    counted = iter(jobs.counted([position.job for _, position in found if position.job], groups))
    return [_open_row(deployment, one, position, counted) for one, position in found]


def _open_row(deployment: Deployment, one: _Open, position: Position, counted: Iterator[tuple[Job, Progress]]) -> Row:
    if position.job:
        job, progress = next(counted)
        return Row(one.execution, position, progress, job.round + 1, _chunks(position, progress))
    if one.asked:
        return Row(one.execution, position, None, None, _question(one.asked), one.asked)
    workflow = one.execution.workflow if one.execution else ""
    waits_for = _WORKERS.get(workflow, "its state {state}").format(name=deployment.name, state=position.state)
    return Row(one.execution, position, None, None, waits_for)


def _chunks(position: Position, counted: Progress) -> str:
    if position.state != WAITING_STATE:
        return f"its state {position.state}"
    if counted.open:
        return f"{'' if counted.exact else 'at most '}{counted.open:,} of {counted.chunks:,} chunks"
    return "nothing: all chunks have a fate, and the verdict was not delivered"


def _question(asked: Approval) -> str:
    return f"a decision until {approval.readable(asked.deadline)}: {asked.question.subject}"


def _ended(
    deployment: Deployment, wanted: Wanted, limit: int | None, status: str | None
) -> tuple[list[Execution], bool]:
    """Return what has ended, the failed first and the newest first, and whether there is more than was listed."""
    listed = [
        executions.listed(deployment, one, limit, workflow=wanted.workflow)
        for one in executions.ENDED
        if status in (None, one)
    ]
    found = [one for each in listed for one in each.found if wanted.fits(one)]
    found.sort(key=lambda one: (one.status == "SUCCEEDED", -(one.stopped or one.started).timestamp()))
    return found, any(each.cut for each in listed)


def _ended_row(one: Execution, position: Position, made_good: Mapping[str, str]) -> Row:
    key = made_good.get(position.job.job) if position.job else None
    good = f"s3://{settings.current().bucket}/{key}" if key else None
    ending = _ending(position.ending)
    return Row(one, position, None, None, f"made good: {good}" if good else ending, made_good=good)


def _ending(said: Mapping[str, Any]) -> str:
    if said.get("error") or said.get("cause"):
        return f"{said.get('error') or 'no error'}: {said.get('cause') or 'no cause is given'}"
    output = said.get("output")
    where = json.loads(output).get("result") if output and output.startswith("{") else None
    return f"s3://{where['bucket']}/{where['key']}" if isinstance(where, dict) and "key" in where else ""
