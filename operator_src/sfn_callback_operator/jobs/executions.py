"""Executions as Step Functions lists and describes them, and their histories; and durable functions' executions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback.aws import clients
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import durable

OPEN = "RUNNING"
SKEW = timedelta(minutes=5)
"""How far apart clocks may be."""
ENDED = ("FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED")
_FIRST_PAGE, _PAGE = 100, 1_000
"""Of a history that has 25,000 events at the most, the end of which is mostly enough. A page has 1,000 at the most:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of a machine, or of a durable function; ``stopped`` is ``None`` while it is open."""

    arn: str
    name: str
    workflow: str
    status: str
    started: datetime
    stopped: datetime | None = None

    @property
    def function(self) -> str | None:
        """The name of the durable function whose execution it is, ``None`` for a machine's."""
        found = durable.named(self.arn)
        return found.function if found else None

    @property
    def target(self) -> str:
        """The argument by which other commands find it: Lambda finds nothing by name alone."""
        return self.arn if self.function else self.name

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status == OPEN

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return ((self.stopped or datetime.now(UTC)) - self.started).total_seconds()


@dataclass(slots=True)
class Listed:
    """Executions, the workflows that have more than were listed, and how many requests that took."""

    executions: list[Execution] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    requests: int = 0

    def of(self, workflow: str) -> str:
        """Return how many of a workflow there are, ``100 or more`` where there may be more."""
        number = sum(one.workflow == workflow for one in self.executions)
        return f"{number:,} or more" if workflow in self.cut else f"{number:,}"

    @property
    def number(self) -> str:
        """How many there are, as :meth:`of`."""
        return f"{len(self.executions):,} or more" if self.cut else f"{len(self.executions):,}"


def is_part(one: Execution) -> bool:
    """Whether its document is a part of another one's: such a name is given to nothing else."""
    return one.workflow == "documents" and one.name.startswith("part_")


def listed(
    deployment: Deployment,
    status: str,
    limit: int | None = None,
    *,
    workflow: str | None = None,
    pages: int | None = None,
) -> Listed:
    """List executions with that status, the newest of each workflow first, a thousand to a request.

    ``limit`` is how many of each workflow, or of the one that is named, and ``None`` all; ``pages`` is how many
    requests beyond the first of each, and ``None`` as many as it takes.
    """
    listed_ = Listed()
    meant = [name for name in deployment.machines if workflow in (None, name)]
    for number, name in enumerate(meant, 1):
        most = None if pages is None else number + pages - listed_.requests
        _list(listed_, name, _asked(deployment.machines[name], status, limit), limit, most)
    return listed_


def newest(deployment: Deployment, workflow: str) -> Iterator[Execution]:
    """Yield a workflow's executions whatever their status, the newest first."""
    wanted: Any = {"stateMachineArn": deployment.machines[workflow], "PaginationConfig": {"PageSize": _PAGE}}
    for page in clients.stepfunctions().get_paginator("list_executions").paginate(**wanted):
        yield from (_execution(workflow, one) for one in page["executions"])


def wholes(deployment: Deployment, workflow: str) -> Iterator[Execution]:
    """Yield a workflow's executions as :func:`newest`, but for those of parts of documents."""
    return (one for one in newest(deployment, workflow) if not is_part(one))


def described(arn: str, workflow: str) -> tuple[Execution, Mapping[str, Any]]:
    """Return an execution as it is now, and all that AWS says of it."""
    if durable.named(arn):
        of_function = durable.described(arn)
        return _execution(durable.WORKFLOW, of_function), of_function
    said = clients.stepfunctions().describe_execution(executionArn=arn)
    return _execution(workflow, said), said


def found(arn: str, workflow: str) -> Execution | None:
    """Return an execution as it is now, ``None`` where there is none (any more)."""
    try:
        return described(arn, workflow)[0]
    except ClientError as error:
        # moto, and AWS for a name that cannot be one, say the latter.
        if error.response["Error"]["Code"] not in ("ExecutionDoesNotExist", "InvalidArn", "ResourceNotFoundException"):
            raise
        return None


def output(description: Mapping[str, Any]) -> Any:
    """Return an execution's output, ``None`` if it has none: parsed JSON, or the text if it is not JSON."""
    try:
        return json.loads(description.get("output") or "null")
    except ValueError:
        return description["output"]


def history(arn: str) -> Iterator[Mapping[str, Any]]:
    """Yield an execution's events."""
    pages = clients.stepfunctions().get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=arn, PaginationConfig={"PageSize": 1_000}):
        yield from page["events"]


def backwards(arn: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield an execution's events from the last to the first, in pages: at most 26 requests, mostly one."""
    asked: dict[str, Any] = {"executionArn": arn, "reverseOrder": True}
    page = clients.stepfunctions().get_execution_history(**asked, maxResults=_FIRST_PAGE)
    yield page["events"]
    while token := page.get("nextToken"):
        page = clients.stepfunctions().get_execution_history(**asked, maxResults=_PAGE, nextToken=token)
        yield page["events"]


def _asked(machine: str, status: str, limit: int | None) -> dict[str, Any]:
    return {"stateMachineArn": machine, "statusFilter": status, "maxResults": min(limit or _PAGE, _PAGE)}


def _list(to: Listed, workflow: str, asked: Mapping[str, Any], limit: int | None, most: int | None) -> None:
    """List a workflow's executions, in as many requests at the most, and until there are as many as the limit."""
    token, number, requests = "", 0, 0
    while True:
        more: Any = {**asked, **({"nextToken": token} if token else {})}
        page = clients.stepfunctions().list_executions(**more)
        requests, number, token = requests + 1, number + len(page["executions"]), page.get("nextToken", "")
        to.requests += 1
        to.executions += [_execution(workflow, one) for one in page["executions"]]
        if not token:
            return
        if requests == most or (limit is not None and number >= limit):
            to.cut.add(workflow)
            return


def _execution(workflow: str, said: Mapping[str, Any]) -> Execution:
    arn, name, status = said["executionArn"], said["name"], said["status"]
    return Execution(arn, name, workflow, status, said["startDate"], said.get("stopDate"))
