"""The handlers on moto: a bucket, a table, Step Functions' tokens, and S3's events, delivered by hand."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sfn_callback.aws import clients
from sfn_callback.handlers import await_chunks, chunk_failed, merge, process, record_failure, redrive, split
from testing import invocations
from testing.aws import make_bucket, make_table
from testing.environment import BUCKET
from testing.events import created
from testing.task_tokens import FakeStepFunctions

TOKEN = "AAAAKgAAAAIAAAAAAAAAAf+b/c=="
EXECUTION = "arn:aws:states:eu-central-1:000000000000:execution:docs-documents:run-1"


class Deployment:
    """What the module deploys, with the test in the place of S3's notifications and of the state machine."""

    def __init__(self, machine: FakeStepFunctions) -> None:
        self.s3 = boto3.client("s3")
        self.machine = machine
        self.prefix = ""
        self.job: dict[str, Any] = {}
        self.undelivered: list[dict[str, Any]] = []

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def split(self, body: bytes, key: str = "documents/d.txt") -> dict[str, Any]:
        """The machine's first state."""
        self.put(key, body)
        self.job = split.handler({"document": {"bucket": BUCKET, "key": key}}, None)
        return self.job

    def chunk_events(self) -> list[dict[str, Any]]:
        """S3's event for each chunk that is there."""
        return [created(key) for key in self.keys(f"{self.prefix}chunks/{self.job['job']}/")]

    def deliver(self, event: dict[str, Any]) -> None:
        """Lambda's asynchronous invocation of the processor, with its on-failure destination."""
        if record := invocations.deliver(process.handler, event):
            self.report(record)

    def report(self, record: dict[str, Any]) -> None:
        """Lambda's invocation of the processor's on-failure destination, whose own is a queue."""
        if undelivered := invocations.deliver(chunk_failed.handler, record):
            self.undelivered.append(undelivered)

    def deliver_all(self) -> None:
        for event in self.chunk_events():
            self.deliver(event)

    def await_chunks(self, token: str = TOKEN, execution: str | None = EXECUTION) -> None:
        """The waiting state; one that was rendered before executions were told tells none."""
        told = {"execution": execution} if execution else {}
        await_chunks.handler({"fanin": self.job["fanin"], "token": self.machine.wait(token), **told}, None)

    def begin(self, body: bytes, key: str = "documents/d.txt") -> dict[str, Any]:
        """The machine's states until it waits; return its job."""
        job = self.split(body, key)
        self.await_chunks()
        return job

    def run(self, body: bytes, key: str = "documents/d.txt") -> dict[str, Any]:
        """The same, and then all of its chunks; return its job."""
        job = self.begin(body, key)
        self.deliver_all()
        return job

    def next_round(self, token: str) -> None:
        """The wait times out, what is missing is redriven, and the machine waits again."""
        self.machine.time_out(TOKEN)
        self.redrive()
        self.await_chunks(token)

    def redrive(self) -> dict[str, Any]:
        """The state after a wait that timed out."""
        self.job = redrive.handler({"job": self.job}, None)
        return self.job

    def merge(self) -> dict[str, Any]:
        """The state after the wait."""
        ((_, kind, verdict),) = self.machine.verdicts
        assert kind == "success"
        return merge.handler({"job": self.job, "failed": verdict["failed"]}, None)

    def merged(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.read(self.merge()["result"]["key"]))
        return result

    def merge_late(self) -> dict[str, Any]:
        """The state after the last wait, when that timed out too."""
        return merge.handler({"job": self.job, "failed": self.job["tolerated"]}, None)

    def record_failure(self, error: str, cause: str, **state: Any) -> dict[str, Any]:
        """The failure branch."""
        state = {"bucket": BUCKET, "key": "documents/d.txt", "failure": {"Error": error, "Cause": cause}, **state}
        answer = record_failure.handler({"execution": "run-1", "state": state}, None)
        report: dict[str, Any] = json.loads(self.read(answer["Report"]["key"]))
        return report


def note_invocations(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Have invocations of the processor noted, not made; return where."""
    invoked: list[dict[str, Any]] = []

    class Functions:
        def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:
            assert (FunctionName, InvocationType) == ("docs-process", "Event")
            invoked.append(json.loads(Payload))

    monkeypatch.setattr(clients, "functions", Functions)
    return invoked


@pytest.fixture
def a_chunk_for_each_paragraph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUNK_BYTES", "0")


@pytest.fixture
def deployment(machine: FakeStepFunctions) -> Iterator[Deployment]:
    with mock_aws():
        make_bucket()
        make_table()
        yield Deployment(machine)
