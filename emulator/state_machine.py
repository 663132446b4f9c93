"""A state machine and its executions, as a client sees them."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.aws import LocalAws

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Seen:
    """An execution at one moment: Step Functions' description of it, and its history."""

    description: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]

    @property
    def status(self) -> str:
        """``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``."""
        return str(self.description["status"])

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.status != "RUNNING"

    @property
    def error(self) -> str | None:
        """The error's name, if it has failed with one."""
        return self.description.get("error")

    @property
    def cause(self) -> str:
        """Why it has failed, ``""`` where nobody said it."""
        return str(self.description.get("cause", ""))

    @property
    def output(self) -> dict[str, Any]:
        """What it has given, having succeeded."""
        output: dict[str, Any] = json.loads(self.description["output"])
        return output

    @property
    def resumed(self) -> int:
        """How often a token was answered with success."""
        details = [event.get("taskSucceededEventDetails", {}) for event in self.events]
        return sum(str(detail.get("resource", "")).endswith(".waitForTaskToken") for detail in details)

    @property
    def states(self) -> list[str]:
        """The states that it entered, in order."""
        return [event["stateEnteredEventDetails"]["name"] for event in self._entries()]

    @property
    def by_a_branch(self) -> bool:
        """Whether it ended where its machine says, and was not ended from outside or by an error in a state."""
        last = [event["type"] for event in self._entries()][-1:]
        return self.status == "SUCCEEDED" or (self.status == "FAILED" and last == ["FailStateEntered"])

    def _entries(self) -> list[Mapping[str, Any]]:
        return [event for event in self.events if "stateEnteredEventDetails" in event]


class Execution:
    """One execution; ``machines`` is a client of Step Functions."""

    def __init__(self, machines: Any, arn: str) -> None:
        self._machines = machines
        self.arn = arn

    @property
    def name(self) -> str:
        """Its name, which is the last part of its ARN."""
        return self.arn.rpartition(":")[2]

    def look(self) -> Seen:
        """Return what it is like now."""
        # In this order, the history of an execution that has ended is whole.
        description = self._machines.describe_execution(executionArn=self.arn)
        pages = self._machines.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return Seen(description, [event for page in pages for event in page["events"]])


class Machine:
    """A state machine of the local AWS."""

    def __init__(self, aws: LocalAws, arn: str) -> None:
        self._machines = aws.client("stepfunctions")
        self._arn = arn

    def start(self, given: Mapping[str, Any]) -> Execution:
        """Start an execution with that input."""
        started = self._machines.start_execution(stateMachineArn=self._arn, input=json.dumps(given))
        return Execution(self._machines, started["executionArn"])

    def executions(self) -> dict[str, Execution]:
        """Return all its executions, by their ARNs."""
        pages = self._machines.get_paginator("list_executions").paginate(stateMachineArn=self._arn)
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return {arn: Execution(self._machines, arn) for arn in arns}

    def newest(self, begun_by: Callable[[Any], bool]) -> Execution:
        """Return the execution that was started last of those with such an input.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html: the newest comes first.

        Raises:
            StopIteration: there is none.
        """
        return next(one for one in self.executions().values() if begun_by(json.loads(one.look().description["input"])))


def follow(executions: Sequence[Execution]) -> Iterator[list[Seen]]:
    """Yield what each execution is like, again and again, until all have ended."""
    seen = [execution.look() for execution in executions]
    yield seen
    while not all(one.ended for one in seen):
        time.sleep(_PAUSE_SECONDS)
        seen = [one if one.ended else execution.look() for one, execution in zip(seen, executions, strict=True)]
        yield seen
