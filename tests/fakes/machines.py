"""State machines and their executions behind botocore's interface: what is listed, described and told of their history.

Nothing runs here: a test enters the states, as the machine would. ``tests/operator/test_machines.py`` pins the answers
to botocore's model.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.step_functions import FakeStepFunctions, refusal


class FakeMachines(FakeStepFunctions):
    """Token semantics of :class:`FakeStepFunctions`, and executions."""

    def __init__(self) -> None:
        super().__init__()
        self.machines: list[str] = []
        self.executions: dict[str, dict[str, Any]] = {}
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self.now = datetime.now(UTC)

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
        self.histories[arn] = []
        self._note(arn, "ExecutionStarted", executionStartedEventDetails={"input": json.dumps(given)})
        return arn

    def enter(self, arn: str, state: str, given: Any, token: str | None = None) -> None:
        """It enters a state; with a token, a task is scheduled that hands it to a function."""
        details = {"name": state, "input": json.dumps(given)}
        self._note(arn, "TaskStateEntered", stateEnteredEventDetails=details)
        if token:
            parameters = json.dumps({"FunctionName": "f", "Payload": {"task": given, "token": token}})
            scheduled = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken", "region": "eu-central-1"}
            self._note(arn, "TaskScheduled", taskScheduledEventDetails={**scheduled, "parameters": parameters})

    def end(self, arn: str, status: str, **said: str) -> None:
        """It ends like that."""
        self.executions[arn] |= {"status": status, "stopDate": self.now, **said}

    def earlier(self, arn: str, seconds: int) -> None:
        """All of it was so long before."""
        self.executions[arn]["startDate"] -= timedelta(seconds=seconds)
        for event in self.histories[arn]:
            event["timestamp"] -= timedelta(seconds=seconds)

    def list_state_machines(self) -> dict[str, Any]:
        made = {"type": "STANDARD", "creationDate": self.now}
        named = [{"stateMachineArn": arn, "name": arn.rpartition(":")[2], **made} for arn in self.machines]
        return {"stateMachines": named}

    def list_executions(self, *, stateMachineArn: str, statusFilter: str | None = None) -> dict[str, Any]:
        of_machine = [one for one in self.executions.values() if one["stateMachineArn"] == stateMachineArn]
        found = [one for one in of_machine if statusFilter in (None, one["status"])]
        listed = [{name: value for name, value in one.items() if name in _LISTED} for one in found]
        return {"executions": sorted(listed, key=lambda one: one["startDate"], reverse=True)}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        if executionArn not in self.executions:
            raise refusal("DescribeExecution", "ExecutionDoesNotExist")
        return dict(self.executions[executionArn])

    def get_execution_history(self, *, executionArn: str, reverseOrder: bool = False, **_: Any) -> dict[str, Any]:
        events = self.histories[executionArn]
        return {"events": events[::-1] if reverseOrder else list(events)}

    def start_execution(self, *, stateMachineArn: str, input: str, name: str | None = None) -> dict[str, Any]:
        arn = self.begin(stateMachineArn, name or f"run-{len(self.executions)}", json.loads(input))
        return {"executionArn": arn, "startDate": self.now}

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> dict[str, Any]:
        self.end(executionArn, "ABORTED", error=error, cause=cause)
        return {"stopDate": self.now}

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(getattr(self, operation))

    def _note(self, arn: str, kind: str, **details: Any) -> None:
        event = {"id": len(self.histories[arn]) + 1, "timestamp": self.now, "type": kind, **details}
        self.histories[arn].append(event)


_LISTED = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate")


class _Pages:
    def __init__(self, call: Any) -> None:
        self._call = call

    def paginate(self, *, PaginationConfig: Any = None, **given: Any) -> Iterator[dict[str, Any]]:
        yield self._call(**given)
