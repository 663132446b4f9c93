"""Executions as Step Functions lists and describes them, and their histories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sfn_callback import clients
from sfn_callback_operator.deployment import Deployment

OPEN = "RUNNING"
ENDED = ("FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED")
_FIRST_PAGE, _PAGE = 100, 1_000
"""Of a history that has 25,000 events at the most, the end of which is mostly enough. A page has 1,000 at the most:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution; ``stopped`` is ``None`` while it is open."""

    arn: str
    name: str
    workflow: str
    status: str
    started: datetime
    stopped: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status == OPEN

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return ((self.stopped or datetime.now(UTC)) - self.started).total_seconds()


def listed(deployment: Deployment, status: str, limit: int | None = None) -> Iterator[Execution]:
    """Yield executions of all workflows with that status, the newest of each first."""
    for workflow, machine in deployment.machines.items():
        yield from islice(_of(workflow, machine, status), limit)


def newest(deployment: Deployment, workflow: str) -> Iterator[Execution]:
    """Yield a workflow's executions whatever their status, the newest first."""
    yield from _of(workflow, deployment.machines[workflow])


def described(arn: str, workflow: str) -> tuple[Execution, Mapping[str, Any]]:
    """Return an execution as it is now, and all that Step Functions says of it."""
    said = clients.stepfunctions().describe_execution(executionArn=arn)
    return _execution(workflow, said), said


def history(arn: str) -> Iterator[Mapping[str, Any]]:
    """Yield an execution's events."""
    pages = clients.stepfunctions().get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=arn, PaginationConfig={"PageSize": 1_000}):
        yield from page["events"]


def backwards(arn: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield an execution's events from the last to the first, in pages: 26 requests at the most, one for most."""
    asked: dict[str, Any] = {"executionArn": arn, "reverseOrder": True}
    page = clients.stepfunctions().get_execution_history(**asked, maxResults=_FIRST_PAGE)
    yield page["events"]
    while token := page.get("nextToken"):
        page = clients.stepfunctions().get_execution_history(**asked, maxResults=_PAGE, nextToken=token)
        yield page["events"]


def _of(workflow: str, machine: str, status: str | None = None) -> Iterator[Execution]:
    wanted: Any = {"stateMachineArn": machine, **({"statusFilter": status} if status else {})}
    for page in clients.stepfunctions().get_paginator("list_executions").paginate(**wanted):
        yield from (_execution(workflow, one) for one in page["executions"])


def _execution(workflow: str, said: Mapping[str, Any]) -> Execution:
    arn, name, status = said["executionArn"], said["name"], said["status"]
    return Execution(arn, name, workflow, status, said["startDate"], said.get("stopDate"))
