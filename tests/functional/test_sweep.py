"""The sweeper beside the handlers: what it mends, and what it leaves alone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from sfn_callback import ledger, log, settings, table
from sfn_callback.handlers import sweep
from tests.fakes.step_functions import refusal
from tests.functional.approvals import Approvals, approvals
from tests.functional.conftest import TOKEN, Deployment, note_invocations

__all__ = ["approvals"]

THREE = b"one\n\ntwo two\n\nthree\n"
QUIET_SECONDS = 600


class Clock:
    """Lambda's context: how much time an invocation has left."""

    def __init__(self, *seconds: float) -> None:
        self._left = list(seconds)

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._left.pop(0) if len(self._left) > 1 else self._left[0]))


class Time:
    """The time, which passes when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime.now(UTC).timestamp()
        monkeypatch.setattr("time.time", lambda: self.now)

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def environment_of_the_sweeper(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUNK_BYTES", "0")
    monkeypatch.setenv("SFN_CALLBACK_SWEEP_QUIET_SECONDS", str(QUIET_SECONDS))
    settings.current.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    yield Time(monkeypatch)


def swept(seconds: float = 900) -> dict[str, int]:
    """Sweep; return what became of the waits, without what became of none."""
    found = sweep.handler({}, Clock(seconds))
    return {name: found[name] for name in ("left", "closed", "resent", "redriven", "failed") if found[name]}


def lose_chunk(deployment: Deployment, index: int) -> None:
    """Deliver all events but one."""
    events = deployment.chunk_events()
    del events[index]
    for event in events:
        deployment.deliver(event)


def test_a_job_that_gets_on_is_left_alone(deployment: Deployment, clock: Time) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    assert swept() == {"left": 1}
    for event in deployment.chunk_events()[:2]:
        clock.pass_(QUIET_SECONDS - 1)
        deployment.deliver(event)
        assert swept() == {"left": 1}
    assert deployment.machine.verdicts == []


def test_events_that_never_came_are_sent_again_when_no_chunk_has_ended_for_long(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoked = note_invocations(monkeypatch)
    job = deployment.split(THREE)
    deployment.await_chunks()
    lose_chunk(deployment, 1)
    assert swept() == {"left": 1}
    clock.pass_(QUIET_SECONDS)
    assert swept() == {"redriven": 1}
    ((task),) = invoked
    assert (task["job"], task["index"], task["slot"]) == (job["job"], 1, 0)
    deployment.deliver(task)
    ((token, kind, _),) = deployment.machine.verdicts
    assert (token, kind) == (TOKEN, "success")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "sent again what never came" in line]
    assert (json.loads(line)["job"], json.loads(line)["missing"]) == (job["job"], 1)


def test_what_never_came_of_a_round_is_sent_again_in_a_round_of_its_own(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked = note_invocations(monkeypatch)
    deployment.split(THREE)
    deployment.redrive()
    deployment.await_chunks()
    swept()
    clock.pass_(QUIET_SECONDS)
    lost, _ = len(invoked), swept()
    assert [task["fanin"].partition(".")[2][:2] for task in invoked] == ["1-"] * lost + ["2-"] * 3
    for task in invoked[lost:]:
        deployment.deliver(task)
    assert deployment.machine.verdicts[0][1:] == ("success", {"done": 3, "failed": 0})


def test_a_wait_that_was_handed_on_is_looked_at_again_only_with_another_token(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_invocations(monkeypatch)
    deployment.split(THREE)
    deployment.await_chunks()
    swept()
    clock.pass_(QUIET_SECONDS)
    swept()
    assert swept() == {"left": 1}
    deployment.await_chunks("another")
    assert swept() == {"left": 1, "redriven": 1}


def test_a_verdict_that_was_not_delivered_is_sent_again(deployment: Deployment, no_pauses: list[float]) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    deployment.machine.refusals = ["AccessDeniedException"]
    deployment.deliver_all()
    assert deployment.machine.verdicts == []
    assert swept() == {"resent": 1}
    assert deployment.machine.verdicts[0][1] == "success"
    assert swept() == {"closed": 1}
    assert swept() == {}


def test_a_group_whose_climb_was_lost_is_taken_up(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    with monkeypatch.context() as during:
        during.setattr("sfn_callback.ledger.DynamoLedger.climb", lambda *_: 1 / 0)
        for event in deployment.chunk_events():
            deployment.deliver(event)
    assert deployment.machine.verdicts == []
    assert swept() == {"resent": 1}


def test_a_verdict_that_is_refused_again_is_left_to_the_next_sweep(deployment: Deployment) -> None:
    deployment.split(b"")
    deployment.machine.refusals = ["AccessDeniedException"]
    deployment.await_chunks()
    deployment.machine.refusals = ["", "AccessDeniedException"]
    assert swept() == {"left": 1}
    assert swept() == {"resent": 1}


def test_a_job_whose_execution_has_ended_is_closed_and_never_looked_at_again(deployment: Deployment) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    deployment.machine.time_out(TOKEN)
    assert swept() == {"closed": 1}
    assert swept() == {}


def test_a_job_that_was_closed_is_resumed_by_its_chunks_when_it_waits_again(deployment: Deployment) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    deployment.machine.time_out(TOKEN)
    swept()
    deployment.await_chunks("another")
    deployment.deliver_all()
    assert [token for token, _, _ in deployment.machine.verdicts] == ["another"]


def test_one_wait_that_cannot_be_looked_at_keeps_nobody_from_the_others(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for token in ("one", "two"):
        deployment.split(b"one\n")
        deployment.await_chunks(token)
    deployment.machine.refusals = ["ThrottlingException"]
    assert swept() == {"failed": 1, "left": 1}
    assert "not swept" in capsys.readouterr().out


def test_it_stops_before_its_time_is_over_and_says_so(deployment: Deployment) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    deployment.machine.time_out(TOKEN)
    found = sweep.handler({}, Clock(900, 29))
    assert (found["complete"], found["open"], found["closed"]) == (False, 1, 0)


def test_the_oldest_open_execution_is_told(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_CALLBACK_SWEPT_MACHINE_ARN", "arn:machine")
    settings.current.cache_clear()
    asked: list[dict[str, Any]] = []
    ages = [[60, 7_200], [30]]

    class Pages:
        def paginate(self, **wanted: Any) -> Iterator[dict[str, Any]]:
            asked.append(wanted)
            began = [[datetime.now(UTC) - timedelta(seconds=age) for age in page] for page in ages]
            return ({"executions": [{"startDate": one} for one in page]} for page in began)

    deployment.machine.get_paginator = lambda _: Pages()  # type: ignore[attr-defined]
    assert sweep.handler({}, Clock(900))["oldest_seconds"] == 7_200
    assert (asked[0]["stateMachineArn"], asked[0]["statusFilter"]) == ("arn:machine", "RUNNING")
    ages.clear()
    assert sweep.handler({}, Clock(900))["oldest_seconds"] == 0


def describe(approvals: Approvals, status: str) -> None:
    """Say how the execution is that asks."""
    approvals.machine.describe_execution = lambda *, executionArn: {"status": status}  # type: ignore[attr-defined]


def test_an_approval_that_somebody_waits_for_is_left_alone(approvals: Approvals) -> None:
    describe(approvals, "RUNNING")
    approvals.ask()
    assert swept() == {"left": 1}
    assert approvals.press(approvals.link(), "approve")["statusCode"] == 303


def test_an_approval_whose_execution_has_ended_takes_no_decision_any_more(approvals: Approvals) -> None:
    describe(approvals, "ABORTED")
    approvals.ask()
    link = approvals.link()
    assert swept() == {"closed": 1}
    assert swept() == {}
    assert approvals.press(link, "approve")["statusCode"] == 410
    page = approvals.request("GET", link)
    assert page["statusCode"] == 410
    assert "the process that asked has ended" in page["body"]


def test_an_execution_that_step_functions_has_forgotten_has_ended(approvals: Approvals) -> None:
    def forgotten(*, executionArn: str) -> None:
        raise refusal("DescribeExecution", "ExecutionDoesNotExist")

    approvals.machine.describe_execution = forgotten  # type: ignore[attr-defined]
    approvals.ask()
    assert swept() == {"closed": 1}


def test_an_execution_that_may_not_be_looked_at_may_still_wait(approvals: Approvals) -> None:
    def denied(*, executionArn: str) -> None:
        raise refusal("DescribeExecution", "AccessDeniedException")

    approvals.machine.describe_execution = denied  # type: ignore[attr-defined]
    approvals.ask()
    assert swept() == {"failed": 1}
    assert approvals.press(approvals.link(), "approve")["statusCode"] == 303


def test_an_approval_that_was_closed_is_open_when_it_is_asked_again(approvals: Approvals) -> None:
    describe(approvals, "ABORTED")
    approvals.ask()
    link = approvals.link()
    swept()
    describe(approvals, "RUNNING")
    approvals.ask("another")
    assert swept() == {"left": 1}
    assert approvals.press(link, "approve")["statusCode"] == 303
    assert approvals.verdict()[0] == "success"


def test_a_decision_that_was_not_delivered_is_sent_again(
    approvals: Approvals, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    approvals.ask()
    link = approvals.link()
    approvals.machine.refusals = ["AccessDeniedException"]
    assert approvals.press(link, "approve")["statusCode"] == 503
    assert swept() == {"resent": 1}
    assert approvals.verdict()[0] == "success"
    assert swept() == {}
    said = capsys.readouterr().out
    assert link.strip("/") not in said
    assert TOKEN not in said


def test_an_approval_goes_by_the_name_that_other_logs_have(
    approvals: Approvals, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(approvals, "ABORTED")
    approvals.ask()
    mark = log.fingerprint(approvals.link().strip("/"))
    swept()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    marked = [line["message"] for line in lines if line.get("approval") == mark]
    assert marked == ["approval asked", "orphan closed"]


def test_what_is_expired_is_not_made_again(deployment: Deployment) -> None:
    deployment.split(THREE)
    deployment.await_chunks()
    kept = ledger.connect()
    top = kept.look(deployment.job["fanin"])
    boto3.client("dynamodb").delete_item(TableName=table.connect().name, Key={"pk": {"S": top.name}})
    kept.close(top)
    assert table.connect().get(top.name) == {}
