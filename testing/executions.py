"""State machines and their executions behind botocore's interface: what is listed, described and told of their history.

Nothing runs here: a test enters the states, as the machine would. ``tests/operator/test_executions.py`` pins the
answers to botocore's model, and ``tests/recorded`` to what AWS was recorded to do.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from testing.histories import MAX_EVENTS, TOO_LONG, Event, History
from testing.task_tokens import FakeStepFunctions, refusal, too_large

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")
_TOO_LARGE = "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit."
_PAGE = 1_000


class ExecutionEnded(Exception):
    """AWS has ended the execution, for its history or its data became too large."""


class FakeMachines(FakeStepFunctions):
    """Token semantics of :class:`FakeStepFunctions`, and executions.

    ``pages`` are the histories' that were read, and ``asked`` counts the requests for what there is, by operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.machines: list[str] = []
        self.executions: dict[str, dict[str, Any]] = {}
        self.now = datetime.now(UTC)
        self.pages = 0
        self.asked = Counter[str]()
        self._histories: dict[str, History] = {}
        self._tokens: dict[str, set[str]] = {}

    @property
    def histories(self) -> dict[str, list[Event]]:
        """The events of each execution, which a test may change."""
        return {arn: history.events for arn, history in self._histories.items()}

    def begin(self, machine: str, name: str, given: Any) -> str:
        """An execution begins; return its ARN."""
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        self.executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": machine,
            "name": name,
            "status": "RUNNING",
            "startDate": self.now,
            "input": json.dumps(given),
        }
        self._histories[arn], self._tokens[arn] = History(), set()
        started = {"input": json.dumps(given), "roleArn": "arn:aws:iam::000000000000:role/machine"}
        self._histories[arn].note(self.now, "ExecutionStarted", started)
        return arn

    def enter(
        self, arn: str, state: str, given: Any, token: str | None = None, *, kind: str = "Task", service: str = "lambda"
    ) -> None:
        """It enters a state, and leaves the one before; a task begins, which hands over the token if there is one.

        Raises:
            ExecutionEnded: what it is given is too large, or its history too long; it has failed with that.
        """
        history = self._histories[arn]
        if too_large(json.dumps(given, ensure_ascii=False)):
            self._fail(arn, "States.DataLimitExceeded", _TOO_LARGE.format(history.at[1] if history.at else state))
        history.enter(self.now, kind, state, given)
        if kind == "Task":
            self.schedule(arn, given, token, service)
        self._check_length(arn)

    def schedule(self, arn: str, given: Any, token: str | None = None, service: str = "lambda") -> None:
        """The state's task begins, once more where it has ended before: the state is not entered again.

        Raises:
            ExecutionEnded: its history is too long.
        """
        sent = {"task": given, **({"token": token} if token else {})}
        self._histories[arn].schedule(self.now, service, sent, waits=bool(token))
        self._tokens[arn] |= {token} if token else set()
        self._check_length(arn)

    def end_task(self, arn: str, kind: str, **details: str | None) -> None:
        """The task ends, and the state goes on: ``TaskFailed``, or ``TaskTimedOut``, which has an error and no cause.

        Raises:
            ExecutionEnded: its history is too long.
        """
        error = {"error": "States.Timeout"} if kind == "TaskTimedOut" else {}
        self._histories[arn].end_task(self.now, kind, **error, **details)
        self._check_length(arn)

    def end(self, arn: str, status: str, **details: str) -> None:
        """It ends like that. Whoever answers a token of it later is too late."""
        self.executions[arn] |= {"status": status, "stopDate": self.now, **details}
        for token in self._tokens[arn] & self.open:
            self.time_out(token)
        history = self._histories[arn]
        if status == "SUCCEEDED":
            history.exit(self.now, json.loads(details.get("output", "null")))
        elif status == "FAILED" and history.waits:
            history.end_task(self.now, "TaskFailed", **details)
        kind = f"Execution{status.title().replace('_', '')}"
        # What comes from outside follows no state.
        history.note(self.now, kind, details, follows=status in ("SUCCEEDED", "FAILED"))

    def earlier(self, arn: str, seconds: int) -> None:
        """All of it was so long before."""
        self.executions[arn]["startDate"] -= timedelta(seconds=seconds)
        for event in self._histories[arn].events:
            event["timestamp"] -= timedelta(seconds=seconds)

    def list_state_machines(self) -> dict[str, Any]:
        self._ask("ListStateMachines")
        made = {"type": "STANDARD", "creationDate": self.now}
        named = [{"stateMachineArn": arn, "name": arn.rpartition(":")[2], **made} for arn in self.machines]
        return {"stateMachines": named}

    def list_executions(
        self, *, stateMachineArn: str, statusFilter: str | None = None, maxResults: int = 100, nextToken: str = ""
    ) -> dict[str, Any]:
        self._ask("ListExecutions")
        if statusFilter not in (None, *STATUSES) or maxResults > _PAGE:
            raise refusal("ListExecutions", "ValidationException")
        of_machine = [one for one in self.executions.values() if one["stateMachineArn"] == stateMachineArn]
        matches = [one for one in of_machine if statusFilter in (None, one["status"])]
        matches.sort(key=lambda one: one["startDate"], reverse=True)
        begin = int(nextToken or "0")
        end = begin + (maxResults or 100)
        listed = [{name: value for name, value in one.items() if name in _LISTED} for one in matches[begin:end]]
        return {"executions": listed, **({"nextToken": str(end)} if end < len(matches) else {})}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        self._ask("DescribeExecution")
        details = self._known("DescribeExecution", executionArn)
        can = details["status"] in ("FAILED", "TIMED_OUT", "ABORTED")
        return {**details, "redriveCount": 0, "redriveStatus": "REDRIVABLE" if can else "NOT_REDRIVABLE"}

    def get_execution_history(
        self, *, executionArn: str, reverseOrder: bool = False, maxResults: int = 100, nextToken: str = "", **_: Any
    ) -> dict[str, Any]:
        self._ask("GetExecutionHistory")
        self._known("GetExecutionHistory", executionArn)
        if maxResults > _PAGE:
            raise refusal("GetExecutionHistory", "ValidationException")
        self.pages += 1
        events, begin = self._histories[executionArn].events, int(nextToken or "0")
        end = begin + (maxResults or 100)
        page = (events[::-1] if reverseOrder else events)[begin:end]
        return {"events": page, **({"nextToken": str(end)} if end < len(events) else {})}

    def start_execution(self, *, stateMachineArn: str, input: str = "{}", name: str | None = None) -> dict[str, Any]:
        self.take_quota("StartExecution")
        if too_large(input):
            raise refusal("StartExecution", "ValidationException")
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        if arn in self.executions:
            return self._same(arn, json.loads(input))
        arn = self.begin(stateMachineArn, name or f"run-{len(self.executions)}", json.loads(input))
        return {"executionArn": arn, "startDate": self.now}

    def stop_execution(
        self, *, executionArn: str, error: str | None = None, cause: str | None = None
    ) -> dict[str, Any]:
        self._known("StopExecution", executionArn)
        details = {name: text for name, text in (("error", error), ("cause", cause)) if text is not None}
        self.end(executionArn, "ABORTED", **details)
        return {"stopDate": self.now}

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(getattr(self, operation))

    def _ask(self, operation: str) -> None:
        self.asked[operation] += 1
        self.take_quota(operation)

    def _known(self, operation: str, arn: str) -> dict[str, Any]:
        if not arn.startswith("arn:"):
            raise refusal(operation, "InvalidArn")
        if arn not in self.executions:
            raise refusal(operation, "ExecutionDoesNotExist")
        return self.executions[arn]

    def _same(self, arn: str, given: Any) -> dict[str, Any]:
        one = self.executions[arn]
        if one["status"] != "RUNNING" or json.loads(one["input"]) != given:
            raise refusal("StartExecution", "ExecutionAlreadyExists")
        return {"executionArn": arn, "startDate": one["startDate"]}

    def _check_length(self, arn: str) -> None:
        events = self._histories[arn].events
        if len(events) >= MAX_EVENTS:
            del events[MAX_EVENTS - 1 :]
            self._fail(arn, "States.Runtime", TOO_LONG)

    def _fail(self, arn: str, error: str, cause: str) -> None:
        self._histories[arn].drop_task()
        self.end(arn, "FAILED", error=error, cause=cause)
        raise ExecutionEnded(error)


_LISTED = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate")


class _Pages:
    def __init__(self, call: Any) -> None:
        self._call = call

    def paginate(self, *, PaginationConfig: Any = None, **given: Any) -> Iterator[dict[str, Any]]:
        size = {"maxResults": PaginationConfig["PageSize"]} if (PaginationConfig or {}).get("PageSize") else {}
        page = self._call(**size, **given)
        yield page
        while token := page.get("nextToken"):
            page = self._call(**size, **given, nextToken=token)
            yield page
