"""The executions of a document's parts: each is named by its parent and its number (states/parts.asl.json)."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from sfn_callback import log, settings
from sfn_callback.aws import clients
from sfn_callback.log_events import LogEvent

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType

_STOPPED = "PartStopped"
_FAILED: "tuple[ExecutionStatusType, ...]" = ("FAILED", "TIMED_OUT")


def stop(parent: str, run: str) -> None:
    """Stop the parts of a document that has failed: Step Functions does it for those that it knows, when it can."""
    running = list(_executions(parent, run, "RUNNING"))
    for one in running:
        clients.stepfunctions().stop_execution(
            executionArn=one["executionArn"],
            error=_STOPPED,
            cause="Another part of the document has failed, or the document's execution has.",
        )
    if running:
        log.write(LogEvent.PARTS_STOPPED, job=parent, parts=len(running))


def why_failed(parent: str, run: str) -> str:
    """Return which part of a run failed first, and why, as far as that is among the last thousand that failed."""
    ends = [one for status in _FAILED for one in _executions(parent, run, status, pages=1)]
    if not ends:
        return ""
    arn = min(ends, key=lambda end: end["stopDate"])["executionArn"]
    first = clients.stepfunctions().describe_execution(executionArn=arn)
    error, cause = first.get("error", first["status"]), first.get("cause", "")
    return f"Part {number_of(first['name'])} failed first, as execution {first['name']}: {error}: {cause}"


def name_prefix(parent: str) -> str:
    """Return what the names of the parts' executions begin with: number and run follow (states/parts.asl.json)."""
    return f"part_{parent}_"


def number_of(name: str) -> int:
    """Return a part's number, by the name of its execution."""
    return int(name.split("_")[2])


def _executions(
    parent: str, run: str, status: "ExecutionStatusType", pages: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the executions of a run's parts as they are listed, of so many pages of a thousand, or of all."""
    wanted: Any = {"stateMachineArn": settings.current().state_machine_arn, "statusFilter": status}
    listed: Any = clients.stepfunctions().get_paginator("list_executions")
    for page in islice(listed.paginate(**wanted, PaginationConfig={"PageSize": 1_000}), pages):
        for one in page["executions"]:
            if one["name"].startswith(name_prefix(parent)) and one["name"].endswith(f"_{run}"):
                yield one
