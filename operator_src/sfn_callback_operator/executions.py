"""Step Functions' side of a job: its execution, and the state that it is in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sfn_callback import clients, events
from sfn_callback.errors import InputInvalid
from sfn_callback.events import Job
from sfn_callback_operator.deployment import Deployment

OPEN = "RUNNING"
ENDED = ("FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED")
_LOOKED_AT = 200
"""Events from the end. Between two states there are few."""


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


@dataclass(frozen=True, slots=True)
class Position:
    """The state that an execution entered last, when, with which input, and its job where it has one.

    ``token`` is a secret: that of the task which was scheduled last, where the history tells it.
    """

    state: str | None = None
    since: datetime | None = None
    given: Any = None
    job: Job | None = None
    token: str | None = field(default=None, repr=False)


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


def history(arn: str, *, newest_first: bool = False) -> Iterator[Mapping[str, Any]]:
    """Yield an execution's events."""
    pages = clients.stepfunctions().get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=arn, reverseOrder=newest_first, PaginationConfig={"PageSize": 100}):
        yield from page["events"]


def position(execution: Execution) -> Position:
    """Return where an execution is."""
    found = Position()
    token: str | None = None
    for event in islice(history(execution.arn, newest_first=True), _LOOKED_AT):
        token = token or _token(event)
        entered = event.get("stateEnteredEventDetails")
        if entered and found.state is None:
            given = _read(entered.get("input"))
            found = Position(entered["name"], event["timestamp"], given, _job(given), token)
        elif found.state and found.job is None and (job := _job_of(event)):
            return Position(found.state, found.since, found.given, job, found.token)
        if found.job:
            return found
    return found


def _of(workflow: str, machine: str, status: str | None = None) -> Iterator[Execution]:
    wanted: Any = {"stateMachineArn": machine, **({"statusFilter": status} if status else {})}
    for page in clients.stepfunctions().get_paginator("list_executions").paginate(**wanted):
        yield from (_execution(workflow, one) for one in page["executions"])


def _execution(workflow: str, said: Mapping[str, Any]) -> Execution:
    arn, name, status = said["executionArn"], said["name"], said["status"]
    return Execution(arn, name, workflow, status, said["startDate"], said.get("stopDate"))


def _job_of(event: Mapping[str, Any]) -> Job | None:
    entered = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    return _job(_read(entered.get("input") or entered.get("output")))


def _job(given: Any) -> Job | None:
    try:
        return events.job_of(given)
    except (InputInvalid, AttributeError, TypeError):
        return None


def _token(event: Mapping[str, Any]) -> str | None:
    """Return the token that a task was scheduled with.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_TaskScheduledEventDetails.html
    """
    scheduled = event.get("taskScheduledEventDetails", {})
    parameters = _read(scheduled.get("parameters")) or {}
    for holder in ("Payload", "MessageBody", "Message"):
        content = parameters.get(holder) if isinstance(parameters, dict) else None
        if isinstance(content, dict) and isinstance(content.get("token"), str):
            return str(content["token"])
    return None


def _read(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
