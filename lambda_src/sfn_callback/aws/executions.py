"""Which executions run, told by a list of those that do, a thousand to a request, and not by a question for each.

The list may be a moment old, so that one that is not in it is asked for before anybody acts on that:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html. Both count against quotas that
the account has for everybody: in most regions 2 lists and 10 questions a second, and 100 and 250 at once.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html

An execution of a durable function is in no list, and is asked for (:mod:`~sfn_callback.aws.durable_executions`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import log
from sfn_callback.aws import clients, durable_executions
from sfn_callback.log_events import LogEvent

MOST_QUESTIONS = 200
"""As many are asked at once: less than a region gives without a pause. Others are for another time."""

_PAGE = 1_000
"""The most that ListExecutions takes."""


class Executions:
    """The executions of some machines, as far as there is time to list them.

    Its methods raise ``botocore.exceptions.ClientError`` where AWS does not tell, and ``ResumeUnsupported`` where this
    function's botocore cannot ask.
    """

    def __init__(self, is_time: Callable[[], bool]) -> None:
        """Take what tells whether there is time for another request."""
        self._is_time = is_time
        self._running: dict[str, dict[str, datetime]] = {}
        self._asked = 0
        self._since = datetime.now(UTC)

    def oldest_seconds(self, machine: str) -> int:
        """Return the age of the machine's oldest execution that runs, 0 where none does."""
        began = self._listed(machine).values()
        return max((int((datetime.now(UTC) - one).total_seconds()) for one in began), default=0)

    def may_be_as_old_as(self, machine: str, seconds: float) -> bool:
        """Return whether an execution of the machine that runs can be so old: one that is not listed is younger."""
        unlisted = (datetime.now(UTC) - self._since).total_seconds()
        return seconds <= max(self.oldest_seconds(machine), unlisted)

    def has_ended(self, execution: str) -> bool:
        """Return whether an execution is known to have ended. One that could not be looked at may still run."""
        durable = durable_executions.is_durable(execution)
        if not execution or (not durable and execution in self._running_of(_machine_of(execution))):
            return False
        if self._asked >= MOST_QUESTIONS or not self._is_time():
            return False
        self._asked += 1
        status = durable_executions.status(execution) if durable else _status(execution)
        return status != durable_executions.RUNNING

    def _running_of(self, machine: str) -> dict[str, datetime]:
        try:
            return self._listed(machine)
        except ClientError as error:
            # Each of its executions may still be asked for.
            log.write(LogEvent.EXECUTIONS_NOT_LISTED, machine=machine, problem=clients.described(error))
            return self._running.setdefault(machine, {})

    def _listed(self, machine: str) -> dict[str, datetime]:
        if machine not in self._running:
            self._running[machine] = self._list(machine)
        return self._running[machine]

    def _list(self, machine: str) -> dict[str, datetime]:
        pages = clients.stepfunctions().get_paginator("list_executions")
        listed: Any = pages.paginate(
            stateMachineArn=machine, statusFilter="RUNNING", PaginationConfig={"PageSize": _PAGE}
        )
        starts: dict[str, datetime] = {}
        for page in listed:
            starts |= {one["executionArn"]: one["startDate"] for one in page["executions"]}
            if not self._is_time():
                break
        return starts


def _machine_of(execution: str) -> str:
    """Return the ARN of the machine: that of its executions has a name more."""
    return execution.rpartition(":")[0].replace(":execution:", ":stateMachine:")


def _status(execution: str) -> str:
    try:
        return clients.stepfunctions().describe_execution(executionArn=execution)["status"]
    except ClientError as error:
        # Step Functions forgets executions 90 days after their end.
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return "FORGOTTEN"
