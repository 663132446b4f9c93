"""The sweeper, where durable functions wait."""

import json
from typing import Any

import boto3
import pytest

from sfn_callback import resume
from sfn_callback.aws import clients, dynamodb
from sfn_callback.fanin import ledger
from sfn_callback.log_events import LogEvent
from testing.durable_callbacks import FakeLambda
from tests.functional.approvals import Approvals, approvals
from tests.functional.conftest import Deployment
from tests.functional.test_sweep import (
    QUIET_SECONDS,
    THREE,
    Time,
    age,
    clock,
    environment_of_the_sweeper,
    lose_chunk,
    put_approvals,
    swept,
)

__all__ = ["approvals", "clock", "environment_of_the_sweeper"]

DURABLE_EXECUTION = "arn:aws:lambda:eu-central-1:000000000000:function:orders:7/durable-execution/order-1/0a1b2c3d"
CALLBACK = "Ab+/cGFnZQ=="
DURABLE = f"{resume.DURABLE_MARK}{CALLBACK}"


class Functions(FakeLambda):
    """Callbacks and executions of durable functions, and the processor, invocations of which are noted."""

    def __init__(self) -> None:
        super().__init__()
        self.invoked: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:
        self.invoked.append(json.loads(Payload))

    def get_durable_execution(self, *, DurableExecutionArn: str, **more: bool) -> dict[str, Any]:
        self.asked.append(DurableExecutionArn)
        return super().get_durable_execution(DurableExecutionArn=DurableExecutionArn, **more)


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    fake = Functions()
    fake.executions[DURABLE_EXECUTION] = "RUNNING"
    fake.wait(CALLBACK)
    monkeypatch.setattr(clients, "functions", lambda: fake)
    return fake


def wait_durably(deployment: Deployment, body: bytes = THREE) -> dict[str, Any]:
    """A durable function has a document split, and waits for its chunks; return the job."""
    job = deployment.split(body)
    deployment.await_chunks(DURABLE, DURABLE_EXECUTION)
    return job


def test_a_job_of_a_durable_function_is_not_given_up_for_its_age(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, functions: Functions
) -> None:
    wait_durably(deployment)
    with monkeypatch.context() as during:
        age(during, deployment, of_job=30_000_000, of_oldest=None)
        assert swept() == {"left": 1}
    assert functions.asked == [DURABLE_EXECUTION]
    deployment.deliver_all()
    assert functions.verdicts == [(CALLBACK, "success", {"done": 3, "failed": 0})]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", ""])
def test_a_job_whose_durable_execution_has_ended_is_closed_whatever_a_heartbeat_gets(
    deployment: Deployment, functions: Functions, status: str
) -> None:
    wait_durably(deployment)
    functions.executions = {DURABLE_EXECUTION: status} if status else {}
    assert swept() == {"closed": 1}
    assert swept() == {}
    assert functions.heartbeats == []


def test_a_durable_callback_that_is_closed_closes_its_wait(deployment: Deployment, functions: Functions) -> None:
    wait_durably(deployment)
    functions.time_out(CALLBACK)
    assert swept() == {"closed": 1}


def test_chunks_of_a_durable_functions_job_are_sent_again_and_their_round_answers_it(
    deployment: Deployment, clock: Time, functions: Functions
) -> None:
    job = wait_durably(deployment)
    lose_chunk(deployment, 1)
    assert swept() == {"left": 1}
    clock.pass_(QUIET_SECONDS)
    assert swept() == {"redriven": 1}
    ((task),) = functions.invoked
    assert ledger.connect().look(task["fanin"]).execution == DURABLE_EXECUTION
    deployment.deliver(task)
    assert functions.verdicts == [(CALLBACK, "success", {"done": 1, "failed": 0})]
    assert task["job"] == job["job"]


def test_a_verdict_that_a_durable_function_was_not_given_is_sent_again(
    deployment: Deployment, functions: Functions, no_pauses: list[float]
) -> None:
    wait_durably(deployment)
    functions.refusals = ["AccessDeniedException"]
    deployment.deliver_all()
    assert functions.verdicts == []
    assert swept() == {"resent": 1}
    assert functions.verdicts == [(CALLBACK, "success", {"done": 3, "failed": 0})]


def test_a_sweep_asks_lambda_nothing_where_no_durable_function_waits(
    deployment: Deployment, functions: Functions
) -> None:
    deployment.begin(THREE)
    assert swept() == {"left": 1}
    assert (functions.asked, functions.heartbeats) == ([], [])


def test_a_boto3_that_knows_no_durable_functions_keeps_the_sweep_from_no_other_wait(
    deployment: Deployment,
    functions: Functions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wait_durably(deployment)
    deployment.begin(THREE)
    monkeypatch.setattr(clients, "functions", object)
    assert swept() == {"failed": 1, "left": 1}
    (line,) = [line for line in capsys.readouterr().out.splitlines() if LogEvent.WAIT_NOT_SWEPT in line]
    assert "ResumeUnsupported: This function's boto3 cannot answer a durable function" in json.loads(line)["problem"]
    assert CALLBACK not in line


def test_an_approval_of_a_durable_function_is_left_until_its_execution_has_ended(
    approvals: Approvals, functions: Functions
) -> None:
    put_approvals(1, token=DURABLE)
    boto3.client("dynamodb").update_item(
        TableName=dynamodb.connect().name,
        Key={"pk": {"S": f"approval#{0:064x}"}},
        UpdateExpression="SET execution = :execution",
        ExpressionAttributeValues={":execution": {"S": DURABLE_EXECUTION}},
    )
    assert swept() == {"left": 1}
    functions.executions[DURABLE_EXECUTION] = "FAILED"
    assert swept() == {"closed": 1}
    assert functions.asked == [DURABLE_EXECUTION] * 2
