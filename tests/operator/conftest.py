"""A deployment on moto, with jobs in every plight, and the command line in front of it."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock

import boto3
import pytest
import typer.main
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID

from sfn_callback import demo, workload
from sfn_callback.aws import clients
from sfn_callback.handlers import ask, record_failure
from sfn_callback_operator import aws, cli, rate_limit
from testing import manifests
from testing.aws import make_bucket, make_table
from testing.environment import BUCKET, ENVIRONMENT, MACHINE
from testing.executions import FakeMachines
from testing.moto_state import Snapshot
from tests.functional.conftest import TOKEN, Deployment
from tests.operator import sessions
from tests.operator.doubles import Functions, Iam

# The command's options are made of its functions once, and not for each command line.
typer.main.get_command = cache(typer.main.get_command)

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/docs"
TOPIC = f"arn:aws:sns:eu-central-1:{DEFAULT_ACCOUNT_ID}:docs-approvals"
SETTINGS = {**ENVIRONMENT, "SFN_CALLBACK_APPROVALS_TOPIC": TOPIC, "SFN_CALLBACK_PAGE_URL": "https://page.example/"}
HANDLERS = ("start", "split", "process", "chunk_failed", "await_chunks", "redrive", "merge", "record_failure", "ask")


def text(*paragraphs: str) -> bytes:
    """Return a document of which each paragraph is a chunk."""
    return "\n\n".join(one if one.startswith("!") else f"!sleep 0\n{one}" for one in paragraphs).encode()


TEXT = text("one", "two", "three")


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """An operator's desk: the command, and what it is about."""

    def __init__(
        self,
        machine: FakeMachines,
        functions: Functions,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.monkeypatch = monkeypatch
        self.machine = machine
        self.functions = functions
        self.iam = Iam()
        self.deployment = Deployment(machine)
        self._capsys = capsys

    def run(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        code = cli.main(["--name", "docs", *arguments])
        printed = self._capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    def json(self, *arguments: str) -> Any:
        return self.run(*arguments, "--output", "json").json

    def job(self, body: bytes = TEXT, token: str = TOKEN, name: str = "run-1", key: str = "documents/d.txt") -> str:
        """A document is split, and its machine waits; return the job's id."""
        self.arn = self.machine.begin(MACHINE, name, {"bucket": BUCKET, "key": key})
        return self.split(self.arn, body, token)

    def event_starts(self, name: str, key: str = "documents/d.txt", machine: str = "") -> None:
        """While somebody waits, the start function begins the execution of a document that was dropped there."""

        def notice(_: float) -> None:
            version = self.deployment.s3.head_object(Bucket=BUCKET, Key=key)["VersionId"]
            at = {"bucket": BUCKET, "key": key, "version": version}
            self.machine.begin(machine or self.machine.machines[0], name, at)

        self.monkeypatch.setattr("time.sleep", notice)

    def split(self, arn: str, body: bytes = TEXT, token: str = TOKEN) -> str:
        """An execution that has begun splits its document, and waits; return the job's id."""
        given = json.loads(self.machine.executions[arn]["input"])
        self.machine.enter(arn, "Split", given)
        job = self.deployment.split(body, given["key"])
        self.machine.enter(arn, "AwaitChunks", {**given, "split": {"job": job}})
        self.deployment.await_chunks(token, arn)
        return str(job["job"])

    def finish(self, arn: str) -> dict[str, Any]:
        """Its chunks are processed and merged; return its output."""
        self.deployment.deliver_all()
        output = self.deployment.merge()
        self.machine.verdicts.clear()
        self.machine.enter(arn, "Merge", {"split": {"job": self.deployment.job}})
        self.machine.end(arn, "SUCCEEDED", output=json.dumps(output))
        return output

    def failed_job(self, body: bytes) -> str:
        """A job whose chunks have been processed, and whose machine has failed with them, and reported it."""
        job = self.job(body)
        self.deployment.deliver_all()
        ((_, kind, verdict),) = self.machine.verdicts
        assert kind == "failure"
        given = {"bucket": BUCKET, "key": "documents/d.txt", "split": {"job": self.deployment.job}}
        caught = {"Error": verdict["error"], "Cause": verdict["cause"]}
        self.machine.enter(self.arn, "RecordFailure", {**given, "failure": caught})
        event = {"execution": self.arn.rpartition(":")[2], "state": {**given, "failure": caught}}
        self.machine.enter(self.arn, "Failed", {**given, "failure": record_failure.handler(event, None)})
        self.machine.end(self.arn, "FAILED", **verdict)
        return job

    def deploy_fix(self) -> None:
        """What failed is mended: a deploy, say, with a processor that takes every chunk."""
        self.monkeypatch.setattr(demo, "process", lambda chunk: b'{"mended": 1}')
        workload.functions.cache_clear()

    def processed(self) -> list[int]:
        """The chunks that were given to the processor by a redrive."""
        return [event["index"] for name, event in self.functions.invoked if name == "docs-process"]

    def approval(self, token: str = TOKEN, machine: str = "docs-approval", **request: Any) -> str:
        """A machine asks for an approval; return its execution's ARN."""
        request = {"subject": "Publish?", **request}
        arn = self.machine.begin(MACHINE.replace("docs-documents", machine), "asks", request)
        self.machine.enter(arn, "AwaitDecision", request)
        event = {
            "approval": request,
            "token": self.machine.wait(token),
            "execution": arn,
            "state": "AwaitDecision",
            "entered": self.machine.now.isoformat(),
            "timeout_seconds": 3_600,
        }
        ask.handler(event, None)
        return arn

    def environment(self, handler: str) -> dict[str, str]:
        """The environment of a handler's function."""
        function = self.functions.get_function_configuration(FunctionName=f"docs-{handler.replace('_', '-')}")
        return dict(function["Environment"]["Variables"])

    def manifest(self, handler: str) -> dict[str, Any]:
        """What a handler's function says of itself."""
        manifest: dict[str, Any] = json.loads(self.environment(handler)["SFN_CALLBACK_MANIFEST"])
        return manifest

    def say(self, handler: str, manifest: dict[str, Any] | None) -> None:
        """Apply a module in which a function says something else of itself, or, as before manifests, nothing."""
        environment = self.environment(handler)
        del environment["SFN_CALLBACK_MANIFEST"]
        if manifest is not None:
            environment["SFN_CALLBACK_MANIFEST"] = json.dumps({**self.manifest(handler), **manifest})
        name = f"docs-{handler.replace('_', '-')}"
        self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": environment})

    def mark(self) -> str:
        """What the only open approval is called."""
        (row,) = [row for row in self.json("jobs") if row["workflow"] == "approval"]
        return str(row["target"])


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachines:
    """Step Functions, in place of the client."""
    fake = FakeMachines()
    fake.machines = [MACHINE, MACHINE.replace("-documents", "-approval")]
    monkeypatch.setattr(clients, "stepfunctions", lambda: fake)
    return fake


@pytest.fixture
def desk(machine: FakeMachines, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with mock_aws(), mock.patch.dict(os.environ):
        aws.reset()
        os.environ.update(SETTINGS)
        DEPLOYED.put_back()
        functions = Functions(boto3.client("lambda"))
        monkeypatch.setattr(clients, "functions", lambda: functions)
        monkeypatch.setattr(aws, "patient_functions", lambda: functions)
        monkeypatch.setattr(rate_limit, "SHARE", 1_000)
        sessions.hand_on(monkeypatch)
        desk = Desk(machine, functions, capsys, monkeypatch)
        others = aws.client
        monkeypatch.setattr(aws, "client", lambda name: desk.iam if name == "iam" else others(name))
        yield desk


def _deploy() -> None:
    make_bucket()
    make_table()
    trust = '{"Version": "2012-10-17", "Statement": []}'
    boto3.client("iam").create_role(RoleName="docs", AssumeRolePolicyDocument=trust)
    boto3.client("sns").create_topic(Name="docs-approvals")
    for handler in HANDLERS:
        manifest = json.dumps(manifests.of(handler, HANDLERS, ACCOUNT))
        make_function(boto3.client("lambda"), handler, {**SETTINGS, "SFN_CALLBACK_MANIFEST": manifest})


DEPLOYED = Snapshot(_deploy)


def make_function(functions: Any, handler: str, environment: dict[str, str]) -> None:
    """The module makes the function of a handler."""
    functions.create_function(
        FunctionName=f"docs-{handler.replace('_', '-')}",
        Runtime="python3.13",
        Role=ROLE,
        Handler=f"sfn_callback.handlers.{handler}.handler",
        Code={"ZipFile": package()},
        Timeout=20,
        Environment={"Variables": environment},
    )


def package(content: str = "") -> bytes:
    """Return a function's zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        # Of no time, or the same content would now and then be another package.
        archive.writestr(zipfile.ZipInfo("a.py"), content)
    return made.getvalue()


@pytest.fixture
def parents(desk: Desk) -> Any:
    """The same deployment, with the machine for documents in parts."""
    from tests.operator.parents import Parents

    return Parents(desk)


@pytest.fixture
def durable(desk: Desk) -> Any:
    """The same deployment, and a durable function that may wait for it."""
    from tests.operator.durable import Durable

    return Durable(desk)


@pytest.fixture
def handing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same deployment, whose chunks are finished elsewhere."""
    from tests.operator.handing import Handing

    return Handing(desk, monkeypatch)
