"""The executions of a document's parts: each is named by its parent and its number (states/parts.asl.json)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfn_callback import log, settings
from sfn_callback.aws import clients
from sfn_callback.log_events import LogEvent

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType

_STOPPED = "PartStopped"


def stop(parent: str) -> None:
    """Stop the parts of a document that has failed: Step Functions does it for those that it knows, when it can."""
    running = list(_executions(parent, "RUNNING"))
    for execution in running:
        clients.stepfunctions().stop_execution(
            executionArn=execution, error=_STOPPED, cause="Another part of the document has failed, or its execution."
        )
    if running:
        log.write(LogEvent.PARTS_STOPPED, job=parent, parts=len(running))


def why_failed(parent: str) -> str:
    """Return which part failed first, and why, as far as that is among the last thousand that failed."""
    ended = [*_executions(parent, "FAILED"), *_executions(parent, "TIMED_OUT")]
    ends = [clients.stepfunctions().describe_execution(executionArn=execution) for execution in ended]
    if not ends:
        return ""
    first = min(ends, key=lambda end: end["stopDate"])
    error, cause = first.get("error", first["status"]), first.get("cause", "")
    return f"Part {number_of(first['name'])} failed first, as execution {first['name']}: {error}: {cause}"


def name_prefix(parent: str) -> str:
    """Return what the names of the parts' executions begin with: number and run follow (states/parts.asl.json)."""
    return f"part_{parent}_"


def number_of(name: str) -> int:
    """Return a part's number, by the name of its execution."""
    return int(name.split("_")[2])


def _executions(parent: str, status: "ExecutionStatusType") -> Iterator[str]:
    """Yield the ARNs of the parts' executions, of the newest thousand of the machine."""
    listed: Any = clients.stepfunctions().list_executions(
        stateMachineArn=settings.current().state_machine_arn, statusFilter=status, maxResults=1000
    )
    return (one["executionArn"] for one in listed["executions"] if one["name"].startswith(name_prefix(parent)))
