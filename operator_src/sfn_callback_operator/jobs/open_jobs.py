"""The list of ``jobs``: a row for each execution, with what it waits for.

A row takes a request for its history, and an account has few per second, so a list is limited and says what is beyond
it. Its first page takes at most 30 requests, however many executions are open.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import (
    approvals,
    durable,
    durable_waits,
    executions,
    families,
    open_rows,
    parents,
    pending_chunks,
)
from sfn_callback_operator.jobs.approvals import Undecided
from sfn_callback_operator.jobs.executions import Execution, Listed
from sfn_callback_operator.jobs.families import Families
from sfn_callback_operator.jobs.open_rows import PENDING, Chosen, One, OneOpen
from sfn_callback_operator.jobs.rows import Row
from sfn_callback_operator.output import screen

ROWS = 20
"""Of a page, unless somebody wants more."""
_REQUESTS = 30
_OTHERS = 5
"""Requests of the first page for the deployment itself, and for what the ledger has of its rows, but for groups."""
_IN_ONE = 100
"""Groups that DynamoDB gives in a request."""
_PAGES, _SCANNED = 9, 4
"""Requests of the first page for more than a thousand executions of a workflow, and for the ledger's approvals."""
Shown = TypeVar("Shown", Row, str)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a list: one ``workflow``, ``older_than`` seconds, started ``since``, with that ``error``.

    Without a ``limit`` it is one page, unless ``every`` row or only ``names`` are wanted. ``parts``: all of a parent's,
    instead of a few.
    """

    limit: int | None = None
    every: bool = False
    workflow: str | None = None
    older_than: float = 0
    since: datetime | None = None
    error: str | None = None
    names: bool = False
    parts: bool = False

    @property
    def thrifty(self) -> bool:
        """Whether few requests matter more than all rows."""
        return self.limit is None and not self.every

    @property
    def ageless(self) -> bool:
        """Whether rows of unknown age are included."""
        return not self.older_than and self.since is None

    def fits(self, one: Execution) -> bool:
        """Whether the execution passes the filters."""
        return screen.ago(one.started) >= self.older_than and (self.since is None or one.started >= self.since)


@dataclass(frozen=True, slots=True)
class Page(Generic[Shown]):
    """Rows, or executions' names, and a sentence about what is beyond them, empty if nothing is."""

    rows: Sequence[Shown]
    beyond: str = ""


def open_page(deployment: Deployment, wanted: Wanted) -> Page[Row]:
    """Return what is open, the oldest first: on call, that is what one looks for."""
    pages = _PAGES if wanted.thrifty else None
    listed = families.listed(deployment, executions.OPEN, wanted.workflow, None, pages)
    asked = _undecided(deployment, wanted)
    ended = families.failed(deployment, listed)
    of_parents = families.of([*listed.executions, *ended], listed)
    durably = _durably(deployment, wanted)
    open_ = _open(deployment, listed, of_parents.nested, asked, durably, wanted)
    shown = chosen(open_, of_parents, _number(deployment, listed, wanted), wanted)
    more = beyond(len(shown), len(open_), "open", cut=bool(listed.cut), oldest=True)
    if not (asked.complete and durably.complete):
        missing = "what durable functions wait for" if asked.complete else "approvals"
        more = f"{more} The ledger was not read to its end: {missing} may be missing; --all lists them.".strip()
    return Page(open_rows.rows(deployment, shown, _groups(deployment, listed, shown) if wanted.thrifty else None), more)


def open_names(deployment: Deployment, wanted: Wanted) -> Page[str]:
    """Return the names of everything that is open, the oldest first, without reading a history."""
    listed = families.listed(deployment, executions.OPEN, wanted.workflow, None)
    nested = families.of(listed.executions, listed).nested
    open_ = _open(deployment, listed, nested, _undecided(deployment, wanted), _durably(deployment, wanted), wanted)
    shown = open_[: wanted.limit]
    same = several([one.execution for one in shown if one.execution and not one.asked])
    names = [one.execution.arn if one.execution and one.called in same else one.called for one in shown]
    return Page(names, beyond(len(shown), len(open_), "open", cut=bool(listed.cut), oldest=True))


def several(found: Iterable[Execution]) -> set[str]:
    """Return the names that executions of more than one workflow have."""
    return {name for name, number in Counter(one.name for one in found).items() if number > 1}


def _undecided(deployment: Deployment, wanted: Wanted) -> Undecided:
    if "approval" not in deployment.machines or wanted.workflow not in (None, "approval"):
        return Undecided()
    return approvals.undecided(_SCANNED if wanted.thrifty else None)


def _durably(deployment: Deployment, wanted: Wanted) -> durable_waits.Open:
    """Return the chunks that durable functions wait for in the workflow ``documents``."""
    if wanted.workflow not in (None, "documents"):
        return durable_waits.Open([])
    return durable_waits.open_(deployment, _SCANNED if wanted.thrifty else None)


def _open(  # noqa: PLR0913, PLR0917 - what there is of each kind
    deployment: Deployment,
    listed: Listed,
    nested: set[str],
    asked: Undecided,
    durably: durable_waits.Open,
    wanted: Wanted,
) -> list[OneOpen]:
    by_execution = asked.by_execution()
    fitting = [one for one in listed.executions if one.arn not in nested and wanted.fits(one)]
    # The sort is stable: what one execution asks stays together.
    found = [OneOpen(one, mine) for one in fitting for mine in by_execution.pop(one.arn, [None])]
    waiting = [OneOpen(durable_waits.begun(wait), wait=wait) for wait in durably.waits]
    found += [one for one in waiting if one.execution and wanted.fits(one.execution)]
    found.sort(key=lambda one: one.began)
    known = {one.arn for one in listed.executions}
    # A machine of the caller's own can ask, too. One of ours that has ended asks nobody any more.
    own_prefixes = tuple(machine.replace(":stateMachine:", ":execution:") for machine in deployment.machines.values())
    foreign = [arn for arn in by_execution if arn not in known and not arn.startswith(own_prefixes)]
    return found + [OneOpen(_unseen(arn), one) for arn in foreign for one in by_execution[arn] if wanted.ageless]


def _unseen(arn: str) -> Execution | None:
    return durable_waits.unseen(arn, datetime.now(UTC)) if durable.named(arn) else None


def chosen(found: Sequence[One], of_parents: Families, number: int | None, wanted: Wanted) -> list[Chosen[One]]:
    """Return the first ``number`` rows; on a page, the parts below them count, too."""
    shown, rows = list[Chosen[One]](), 0
    for one in found:
        execution = one if isinstance(one, Execution) else one.execution
        parts = of_parents.shown(execution, every=wanted.parts)
        rows += 1 + (len(parts) + 1 if parts and wanted.thrifty else 0)
        if number is not None and rows > number and shown:
            break
        shown.append(Chosen(one, parts, of_parents.more(execution) - len(parts)))
    return shown


def _number(deployment: Deployment, listed: Listed, wanted: Wanted) -> int | None:
    """Return the number of rows; for the first page, as many as there are requests left."""
    if not wanted.thrifty:
        return wanted.limit
    return min(ROWS, _left(deployment, listed) - 1)


def _groups(deployment: Deployment, listed: Listed, shown: Sequence[Chosen[OneOpen]]) -> int:
    """Return how many groups of the first page's jobs can be read with the requests left."""
    asked = {one.one.execution for one in shown} | {part for one in shown for part in one.parts}
    of_parents = sum(bool(one.one.execution and one.one.execution.workflow == parents.WORKFLOW) for one in shown)
    return _IN_ONE * (_left(deployment, listed) - len(asked) - of_parents)


def _left(deployment: Deployment, listed: Listed) -> int:
    asked = _SCANNED if "approval" in deployment.machines else 0
    durably = _SCANNED + 1 if durable_waits.are_possible(deployment) else 0
    pending = PENDING if pending_chunks.are_possible() else 0
    return _REQUESTS - _OTHERS - asked - durably - pending - listed.requests


def beyond(shown: int, total: int, what: str, *, cut: bool, oldest: bool) -> str:
    """Return the sentence about the rows that are not shown, ``""`` if all are."""
    if not cut and shown == total:
        return ""
    first = "oldest" if oldest else "newest"
    number = f"{total - shown:,}{' or more' if cut else ''}" if total > shown else "More"
    return f"{number} {what} beyond these, the {first} {shown}: --limit N shows N, --names lists all names."
