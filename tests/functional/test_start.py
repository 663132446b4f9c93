"""The start handler on moto's Step Functions."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sfn_callback.aws import clients
from sfn_callback.documents import workflow
from sfn_callback.documents.events import DocumentAt, Drop
from sfn_callback.handlers import start
from testing.environment import MACHINE
from testing.events import created
from testing.task_tokens import refusal

ROLE = "arn:aws:iam::000000000000:role/machine"


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "000000000000")
    with mock_aws():
        client = boto3.client("stepfunctions")
        definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
        client.create_state_machine(name="docs-documents", definition=json.dumps(definition), roleArn=ROLE)
        yield client


def executions(machines: Any) -> list[Any]:
    found: list[Any] = machines.list_executions(stateMachineArn=MACHINE)["executions"]
    return found


def test_a_dropped_document_starts_an_execution_with_its_place(machines: Any) -> None:
    (name,) = start.handler(created("documents/größe a+b.txt"), None)["executions"]
    (execution,) = executions(machines)
    assert execution["name"] == name
    given = json.loads(machines.describe_execution(executionArn=execution["executionArn"])["input"])
    assert given["key"] == "documents/größe a+b.txt"
    assert given["version"] == "v1"


def test_a_duplicate_event_starts_nothing_more(machines: Any) -> None:
    first = start.handler(created("documents/d.txt"), None)
    assert start.handler(created("documents/d.txt"), None) == first
    assert len(executions(machines)) == 1


def test_an_execution_that_has_ended_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        def start_execution(self, **_: Any) -> None:
            raise refusal("StartExecution", "ExecutionAlreadyExists")

    monkeypatch.setattr(clients, "stepfunctions", Ended)
    assert start.handler(created("documents/d.txt"), None)["executions"]


def test_any_other_refusal_is_raised_so_that_the_event_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def start_execution(self, **_: Any) -> None:
            raise refusal("StartExecution", "StateMachineDoesNotExist")

    monkeypatch.setattr(clients, "stepfunctions", Away)
    with pytest.raises(ClientError):
        start.handler(created("documents/d.txt"), None)


@pytest.mark.parametrize(
    "key", ["documents/d.txt", "documents/日本語", "documents/" + "x" * 1000, "documents/...", "documents/a/b c"]
)
def test_a_name_is_one_that_step_functions_takes(key: str) -> None:
    name = workflow.execution_name(Drop(DocumentAt("docs", key, "v1"), "1"))
    assert len(name) <= 80
    assert name.isascii()
    assert name.replace("-", "").isalnum()


def test_names_differ_by_version_key_and_event() -> None:
    drops = [
        Drop(DocumentAt("docs", "documents/d", "v1"), "1"),
        Drop(DocumentAt("docs", "documents/d", "v2"), "1"),
        Drop(DocumentAt("docs", "documents/d", "v1"), "2"),
        Drop(DocumentAt("docs", "documents/e/d", "v1"), "1"),
    ]
    assert len({workflow.execution_name(drop) for drop in drops}) == 4
