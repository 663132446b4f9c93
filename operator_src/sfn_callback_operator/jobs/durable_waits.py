"""What executions of durable functions wait for, by the ledger: the caller's histories are not read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from botocore.exceptions import ClientError

from sfn_callback import ids
from sfn_callback.aws import durable_executions, dynamodb
from sfn_callback.documents.events import Job
from sfn_callback.fanin import ledger
from sfn_callback.fanin.items import FanIn
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import durable, executions
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.positions import CALLBACK, Position
from sfn_callback_operator.output.screen import working

_WAITS = "attribute_exists(#tokens)"


class Wait(NamedTuple):
    """A fan-in that an execution waits for, or has waited for."""

    fanin: str
    execution: str

    @property
    def job(self) -> str:
        """The job whose round it is."""
        return ids.of_fanin(self.fanin)[0]


def are_possible(deployment: Deployment) -> bool:
    """Whether durable functions may wait for the deployment."""
    return bool(deployment.manifest and deployment.manifest.get("durable"))


class Open(NamedTuple):
    """What durable functions may wait for, of each job the newest round. Not ``complete``: there may be more."""

    waits: list[Wait]
    complete: bool = True


def open_(deployment: Deployment, pages: int | None = None) -> Open:
    """Return the open waits by one scan of the ledger; ``pages`` limits its requests, if given."""
    if not are_possible(deployment):
        return Open([])
    found, read = _found(ledger.OPEN, pages)
    # A page that is cut off looks like one that just fits.
    return Open(list(_newest(found).values()), read != pages)


def position(execution: str, job: str | None = None) -> Position:
    """Return where an execution is: at its newest job, or the named one. It reads the whole ledger."""
    found, _ = _found(_WAITS)
    newest = _newest(one for one in found if one.execution == execution and job in (None, one.job))
    if not newest:
        return Position(CALLBACK)
    wait = newest[max(newest)]
    return at([wait])[wait]


def at(waits: Sequence[Wait]) -> dict[Wait, Position]:
    """Return where the executions are that wait so; fifty take a request."""
    tops = ledger.connect().notes(name for wait in waits for name in (wait.job, wait.fanin))
    return {wait: _position(wait, tops) for wait in waits}


def _position(wait: Wait, tops: Mapping[str, tuple[FanIn, str | None]]) -> Position:
    name, round_ = ids.of_fanin(wait.fanin)
    first, top = (tops[one][0] if one in tops else None for one in (name, wait.fanin))
    if first is None or top is None or first.total is None or top.tolerated is None:
        return Position(CALLBACK)
    return Position(CALLBACK, job=Job(name, wait.fanin, first.total, top.tolerated, round_))


def begun(wait: Wait) -> Execution:
    """Return the execution as the ledger knows it: begun when its document was split, and open."""
    split = datetime.now(UTC) - timedelta(seconds=ids.age_seconds(wait.job))
    return unseen(wait.execution, split)


def unseen(arn: str, started: datetime) -> Execution:
    """Return an execution that was not asked for: open, and begun at that time."""
    name = durable.named(arn)
    return Execution(arn, name.name if name else arn, durable.WORKFLOW, executions.OPEN, started)


def _found(which: str, most: int | None = None) -> tuple[list[Wait], int]:
    """Return fan-ins of durable functions, and how many pages of the ledger were read for them."""
    with working("Looking through the ledger for what durable functions wait for"):
        pages = _pages(which, most)
    waits = (Wait(one["pk"]["S"], dynamodb.text(one, "execution") or "") for page in pages for one in page)
    found = [one for one in waits if durable_executions.is_durable(one.execution) and ids.is_fanin(one.fanin)]
    return found, len(pages)


def _pages(which: str, most: int | None) -> list[list[dynamodb.Item]]:
    try:
        return list(islice(dynamodb.connect().scan(which, "execution"), most))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        # A deployment of tasks alone has no ledger.
        return []


def _newest(waits: Iterable[Wait]) -> dict[str, Wait]:
    """Return the newest round of each job, by the job."""
    return {one.job: one for one in sorted(waits, key=lambda one: ids.of_fanin(one.fanin))}
