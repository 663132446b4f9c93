"""One stack, applied once, for all end-to-end tests."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from demo.contract import Applied
from emulator.aws import LocalAws
from emulator.state_machine import Execution, Seen
from tests.e2e.support import shared_stack
from tools.terraform import Root

Found = TypeVar("Found")

_NEWEST = 50
"""Of a machine's executions these are looked through for one that has just begun."""


def wait_for(look: Callable[[], Found | None], seconds: float = 300, pause: float = 0.05) -> Found:
    """Return what ``look`` sees as soon as it sees something; begin with that pause between two looks."""
    deadline, longest = time.monotonic() + seconds, max(pause, 1.0)
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        # Many tests look at one server side by side: what takes long is looked at less often.
        time.sleep(pause)
        pause = min(1.3 * pause, longest)
    raise TimeoutError(f"nothing within {seconds:g} seconds")


_clients: dict[tuple[str, str], Any] = {}


def _client(local: LocalAws, service: str) -> Any:
    """Return the client that all instances share: each would have a connection of its own."""
    place = (local.environment["AWS_ENDPOINT_URL"], service)
    if place not in _clients:
        _clients[place] = local.client(service)
    return _clients[place]


class Instance:
    """One instance of the module, as its users see it."""

    def __init__(self, local: LocalAws, outputs: dict[str, Any]) -> None:
        self.outputs = outputs
        self.bucket: str = outputs["bucket"]
        self.prefix: str = outputs.get("prefix", "")
        machines = outputs["state_machine_arns"]
        self.machine: str = machines.get("documents") or next(iter(machines.values()))
        self.s3, self.dynamodb, self.sqs = (_client(local, name) for name in ("s3", "dynamodb", "sqs"))
        self.machines, self.functions = _client(local, "stepfunctions"), _client(local, "lambda")
        self._logs = _client(local, "logs")
        self._inputs: dict[str, dict[str, Any]] = {}

    def drop(self, name: str, body: bytes, **options: str) -> Seen:
        """Drop a document, whose name no other test uses, and wait for the end of its execution."""
        return self.ended(self.dropped(name, body, **options))

    def dropped(self, name: str, body: bytes, **options: str) -> str:
        """Drop a document, whose name no other test uses; return the ARN of its execution."""
        key = f"{self.prefix}documents/{name}"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=options)
        return wait_for(lambda: next((arn for arn in self._newest() if self._given(arn).get("key") == key), None))

    def run(self, **given: Any) -> Seen:
        """Start an execution by hand and wait for its end."""
        return self.ended(self.begin(**given))

    def begin(self, **given: Any) -> str:
        """Start an execution by hand; return its ARN."""
        arn: str = self.machines.start_execution(stateMachineArn=self.machine, input=json.dumps(given))["executionArn"]
        return arn

    def begun(self) -> Counter[str]:
        """Return how many executions each document has, by its name."""
        pages = self.machines.get_paginator("list_executions").paginate(stateMachineArn=self.machine)
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return Counter(str(self._given(arn).get("key")).removeprefix(f"{self.prefix}documents/") for arn in arns)

    def _newest(self) -> list[str]:
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html: they come first.
        listed = self.machines.list_executions(stateMachineArn=self.machine, maxResults=_NEWEST)
        return [execution["executionArn"] for execution in listed["executions"]]

    def ended(self, arn: str, seconds: float = 300) -> Seen:
        """Wait for the execution's end."""
        wait_for(lambda: self.machines.describe_execution(executionArn=arn)["status"] != "RUNNING", seconds)
        return self.seen(arn)

    def seen(self, arn: str) -> Seen:
        """Return the execution as it is now."""
        return Execution(self.machines, arn).look()

    def merged(self, execution: Seen) -> dict[str, Any]:
        """Return the merged result."""
        where = execution.output["result"]
        return self.read_json(where["bucket"], where["key"])

    def report(self, execution: Seen) -> dict[str, Any]:
        """Return the report of the failure branch."""
        # Whoever starts the tests does not have the package to import.
        from sfn_callback import layout

        document = json.loads(execution.description["input"])["key"].removeprefix(self.prefix)
        key = layout.failure(document, execution.description["name"])
        return self.read_json(self.bucket, f"{self.prefix}{key}")

    def read_json(self, bucket: str, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.load(self.s3.get_object(Bucket=bucket, Key=key)["Body"])
        return content

    def delete(self, *prefixes: str) -> None:
        """Delete many objects: other tests read all that is there."""
        for prefix in prefixes:
            listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)["Contents"]
            objects = [{"Key": entry["Key"]} for entry in listed]
            self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects})

    def invoke(self, handler: str, event: dict[str, Any]) -> None:
        """Invoke a function as S3 does."""
        name = self.outputs["function_names"][handler]
        self.functions.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=json.dumps(event))

    def logged(self, handler: str, term: str = "") -> list[dict[str, Any]]:
        """Return the function's own log lines, or those with a term in them."""
        texts = [event["message"] for event in self.log_events(self.outputs["log_group_names"][handler], term)]
        lines = [line for text in texts for line in text.splitlines()]
        return [json.loads(line) for line in lines if line.startswith('{"timestamp"')]

    def log_events(self, group: str, term: str = "") -> list[dict[str, Any]]:
        given = {"filterPattern": json.dumps(term)} if term else {}
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group, **given)
        return [event for page in pages for event in page["events"]]

    def _given(self, arn: str) -> dict[str, Any]:
        if arn not in self._inputs:
            self._inputs[arn] = json.loads(self.machines.describe_execution(executionArn=arn)["input"])
        return self._inputs[arn]


@dataclass(frozen=True, eq=False)
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


def instance_fixture(name: str, instance: str | None = None) -> Any:
    """Return a fixture of that name that has the instance of that name, or another."""

    @pytest.fixture(scope="session", name=name)
    def found(stack: Stack) -> Instance:
        return stack.instances[instance or name]

    return found


strict = instance_fixture("strict")
"""It fails fast and waits one round."""
tolerant = instance_fixture("tolerant", "durable")
"""It tolerates one failed chunk, and its rounds last 30 seconds."""
operated = instance_fixture("operated")
"""Its first round lasts ten minutes."""
