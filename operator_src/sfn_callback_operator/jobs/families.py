"""Which of the listed executions are parts, and of which listed parent.

A part's name has its parent's job, and the ledger has the parent's execution: one request per hundred parents.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sfn_callback.fanin import ledger
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import executions, parents
from sfn_callback_operator.jobs.executions import Execution, Listed

FEW = 5
"""Parts of a parent that a list has, unless it is to have all."""
_ORDER = {status: place for place, status in enumerate(("FAILED", "TIMED_OUT", "ABORTED", "RUNNING"))}
_FAILED = ("FAILED", "TIMED_OUT")
PAGE = 1_000
"""Executions that a request lists."""
_IN_ONE = 100
"""Items of the ledger."""


@dataclass(slots=True)
class Families:
    """Parts by the ARNs of their parents: the failed ones first, then those that run, each by its number."""

    parts: dict[str, list[Execution]] = field(default_factory=dict)

    @property
    def nested(self) -> set[str]:
        """The ARNs of all parts that have a parent."""
        return {one.arn for several in self.parts.values() for one in several}

    def more(self, parent: Execution | None) -> int:
        """Return how many parts of a parent a list may show."""
        return len(self.shown(parent, every=True))

    def shown(self, parent: Execution | None, *, every: bool) -> list[Execution]:
        """Return the parts of a parent that a list has."""
        ours = self.parts.get(parent.arn, []) if parent else []
        # Combined parts are only counted: each of them is fine.
        ours = [one for one in ours if one.status != parents.COMBINED]
        return ours if every else ours[:FEW]


def of(found: Iterable[Execution], there: Listed) -> Families:
    """Return which of the executions are parts of parents that are ``there``."""
    by_parent: dict[str, list[Execution]] = {}
    for one in found:
        if one.workflow == "documents" and (of_parent := parents.named(one.name)):
            by_parent.setdefault(of_parent[0], []).append(one)
    known = {one.arn for one in there.executions if one.workflow == parents.WORKFLOW}
    if not by_parent or not known:
        return Families()
    there.requests += -(-len(by_parent) // _IN_ONE)
    tops = ((name, noted[0].execution) for name, noted in ledger.connect().notes(by_parent).items())
    return Families({arn: sorted(by_parent[name], key=_place) for name, arn in tops if arn in known})


def listed(
    deployment: Deployment, status: str, workflow: str | None, most: int | None, pages: int | None = None
) -> Listed:
    """List executions as :func:`executions.listed`; with parents alone, parts are listed too."""
    if workflow != parents.WORKFLOW:
        return executions.listed(deployment, status, most, workflow=workflow, pages=pages)
    ours = executions.listed(deployment, status, most, workflow=parents.WORKFLOW, pages=pages)
    theirs = executions.listed(deployment, status, PAGE, workflow="documents", pages=pages)
    ours.executions += [one for one in theirs.executions if parents.named(one.name)]
    ours.requests += theirs.requests
    return ours


def failed(deployment: Deployment, there: Listed) -> list[Execution]:
    """Return the recent failures of the documents machine, if a parent runs, in two requests."""
    if not any(one.workflow == parents.WORKFLOW for one in there.executions):
        return []
    each = [executions.listed(deployment, status, PAGE, workflow="documents") for status in _FAILED]
    there.requests += sum(some.requests for some in each)
    return [one for some in each for one in some.executions]


def _place(part: Execution) -> tuple[int, int]:
    named = parents.named(part.name)
    return _ORDER.get(part.status, len(_ORDER)), named[1] if named else 0
