"""One stack, applied once, for all end-to-end tests."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from demo.contract import Applied
from emulator.aws import LocalAws
from tests.e2e.support import shared_stack
from tools.terraform import Root

Seen = TypeVar("Seen")


def wait_for(look: Callable[[], Seen | None], seconds: float = 300) -> Seen:
    """Return what ``look`` sees as soon as it sees something."""
    deadline, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        # Many tests look at one server side by side: what takes long is looked at less often.
        time.sleep(pause)
        pause = min(1.3 * pause, 0.5)
    raise TimeoutError(f"nothing within {seconds:g} seconds")


@dataclass(frozen=True)
class Execution:
    """An execution, mostly one that has ended."""

    description: dict[str, Any]
    events: list[dict[str, Any]]

    @property
    def status(self) -> str:
        status: str = self.description["status"]
        return status

    @property
    def output(self) -> dict[str, Any]:
        output: dict[str, Any] = json.loads(self.description["output"])
        return output

    @property
    def error(self) -> str:
        return str(self.description.get("error"))

    @property
    def cause(self) -> str:
        return str(self.description.get("cause"))

    def entered(self, state: str) -> int:
        """How often the state was entered."""
        return sum(event.get("stateEnteredEventDetails", {}).get("name") == state for event in self.events)

    def resumed(self) -> int:
        """How often a token was answered with success."""
        details = [event.get("taskSucceededEventDetails", {}) for event in self.events]
        return sum(detail.get("resource", "").endswith(".waitForTaskToken") for detail in details)


class Instance:
    """One instance of the module, as its users see it."""

    def __init__(self, local: LocalAws, outputs: dict[str, Any]) -> None:
        self.outputs = outputs
        self.bucket: str = outputs["bucket"]
        self.prefix: str = outputs.get("prefix", "")
        # Documents' own is the first, where large ones have another.
        self.machine = sorted(outputs["state_machine_arns"].values())[0]
        self.s3 = local.client("s3")
        self.machines = local.client("stepfunctions")
        self.functions = local.client("lambda")
        self.dynamodb = local.client("dynamodb")
        self.sqs = local.client("sqs")
        self._logs = local.client("logs")
        self._inputs: dict[str, dict[str, Any]] = {}

    def drop(self, name: str, body: bytes, **options: str) -> Execution:
        """Drop a document, whose name no other test uses, and wait for the end of its execution."""
        return self.ended(self.dropped(name, body, **options))

    def dropped(self, name: str, body: bytes, **options: str) -> str:
        """Drop a document, whose name no other test uses; return the ARN of its execution."""
        before = self.executions(name)
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}documents/{name}", Body=body, Metadata=options)
        return wait_for(lambda: next((arn for arn in self.executions(name) if arn not in before), None))

    def run(self, **given: Any) -> Execution:
        """Start an execution by hand and wait for its end."""
        return self.ended(self.begin(**given))

    def begin(self, **given: Any) -> str:
        """Start an execution by hand; return its ARN."""
        arn: str = self.machines.start_execution(stateMachineArn=self.machine, input=json.dumps(given))["executionArn"]
        return arn

    def executions(self, name: str) -> list[str]:
        """Return the executions of the document of that name."""
        pages = self.machines.get_paginator("list_executions").paginate(stateMachineArn=self.machine)
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return [arn for arn in arns if self._given(arn).get("key") == f"{self.prefix}documents/{name}"]

    def ended(self, arn: str, seconds: float = 300) -> Execution:
        """Wait for the execution's end."""
        wait_for(lambda: self.machines.describe_execution(executionArn=arn)["status"] != "RUNNING", seconds)
        return self.seen(arn)

    def seen(self, arn: str) -> Execution:
        """Return the execution as it is now."""
        # In this order, the history of one that has ended is whole.
        description = self.machines.describe_execution(executionArn=arn)
        pages = self.machines.get_paginator("get_execution_history").paginate(executionArn=arn)
        return Execution(description, [event for page in pages for event in page["events"]])

    def merged(self, execution: Execution) -> dict[str, Any]:
        """Return the merged result."""
        where = execution.output["result"]
        return self.read_json(where["bucket"], where["key"])

    def report(self, execution: Execution) -> dict[str, Any]:
        """Return the report of the failure branch."""
        # Whoever starts the tests does not have the package to import.
        from sfn_callback import layout

        document = json.loads(execution.description["input"])["key"].removeprefix(self.prefix)
        key = layout.failure(document, execution.description["name"])
        return self.read_json(self.bucket, f"{self.prefix}{key}")

    def read_json(self, bucket: str, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.load(self.s3.get_object(Bucket=bucket, Key=key)["Body"])
        return content

    def invoke(self, handler: str, event: dict[str, Any]) -> None:
        """Invoke a function as S3 does."""
        name = self.outputs["function_names"][handler]
        self.functions.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=json.dumps(event))

    def logged(self, handler: str) -> list[dict[str, Any]]:
        """Return the function's own log lines."""
        texts = [event["message"] for event in self.log_events(self.outputs["log_group_names"][handler])]
        lines = [line for text in texts for line in text.splitlines()]
        return [json.loads(line) for line in lines if line.startswith('{"timestamp"')]

    def log_events(self, group: str) -> list[dict[str, Any]]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event for page in pages for event in page["events"]]

    def _given(self, arn: str) -> dict[str, Any]:
        if arn not in self._inputs:
            self._inputs[arn] = json.loads(self.machines.describe_execution(executionArn=arn)["input"])
        return self._inputs[arn]


@dataclass(frozen=True)
class Stack:
    """The applied stack."""

    local: LocalAws
    root: Root
    instances: dict[str, Instance]


def applied(stack: Stack, instance: str, workflow: str) -> Applied:
    """An instance as a demo gets it: with the outputs of the workflow's example."""
    outputs = stack.instances[instance].outputs
    example = {"state_machine_arn": outputs["state_machine_arns"][workflow], "callback": outputs}
    return Applied(stack.local, {**outputs, **example})


def words(capfd: pytest.CaptureFixture[str]) -> str:
    """What was printed, by commands too, without the tables' lines and line breaks."""
    printed = capfd.readouterr()
    return " ".join((printed.out + printed.err).replace("│", "").split())


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack that ``python -m tests.e2e`` has applied."""
    applied = shared_stack.read()
    instances = {name: Instance(applied.local, outputs) for name, outputs in applied.outputs.items()}
    return Stack(applied.local, applied.root, instances)


@pytest.fixture(scope="session")
def strict(stack: Stack) -> Instance:
    """The instance that fails fast and waits one round."""
    return stack.instances["strict"]


@pytest.fixture(scope="session")
def tolerant(stack: Stack) -> Instance:
    """The instance that tolerates one failed chunk and redrives once."""
    return stack.instances["tolerant"]


@pytest.fixture(scope="session")
def operated(stack: Stack) -> Instance:
    """The instance whose first round lasts ten minutes."""
    return stack.instances["operated"]
