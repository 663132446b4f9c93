"""Shortly before a function's end: what is told then is told in time, also where an answer hangs."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import SSLError
from botocore.parsers import ResponseParserError

from sfn_callback import errors, resume
from sfn_callback.aws import clients, patience, session
from sfn_callback.tasks import worker
from sfn_callback.tasks.messages import Task
from testing.step_functions import FakeStepFunctions
from testing.wire import Wire, answered

TOKEN = "AAAAKgAAAAIAAAAAAAAAAQ=="


class Hanging:
    """AWS, which does not answer the first requests for as long as the test goes on."""

    def __init__(self, machine: FakeStepFunctions, hangs: int) -> None:
        self._send = machine.send_task_failure
        self._left = iter(range(hangs))
        self.over = threading.Event()
        self.asked: list[float] = []

    def send_task_failure(self, **verdict: str) -> Any:
        self.asked.append(time.monotonic())
        if next(self._left, None) is not None:
            self.over.wait(30)
            return {}
        return self._send(**verdict)


@pytest.fixture(params=[0, 1, 2])
def hanging(
    request: pytest.FixtureRequest, machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hanging]:
    hanging = Hanging(machine, request.param)
    monkeypatch.setattr(machine, "send_task_failure", hanging.send_task_failure)
    monkeypatch.setattr(worker, "HANGING_SECONDS", 0.1)
    yield hanging
    hanging.over.set()


def test_the_deadline_is_told_in_time_also_where_an_answer_hangs(machine: FakeStepFunctions, hanging: Hanging) -> None:
    end = time.monotonic() + 0.4
    worker.watch_deadline(Task({}, machine.wait(TOKEN)), lambda: end - time.monotonic(), threading.Event())
    assert [verdict["error"] for _, _, verdict in machine.verdicts] == ["WorkerTimedOut"]
    assert time.monotonic() < end


def test_what_is_answered_is_not_sent_again(machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging(machine, 0)
    monkeypatch.setattr(machine, "send_task_failure", hanging.send_task_failure)
    worker.watch_deadline(Task({}, machine.wait(TOKEN)), lambda: 1.0, threading.Event())
    assert len(hanging.asked) == 1


def test_nothing_is_sent_again_once_there_is_no_time_left(
    machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging(machine, 9)
    monkeypatch.setattr(machine, "send_task_failure", hanging.send_task_failure)
    monkeypatch.setattr(worker, "HANGING_SECONDS", 0.05)
    worker.watch_deadline(Task({}, machine.wait(TOKEN)), lambda: 0.0, threading.Event())
    hanging.over.set()
    assert len(hanging.asked) == 1


def test_the_margin_is_enough_for_three_answers_and_less_than_one_that_is_given_up() -> None:
    given_up: Any = clients.stepfunctions().meta.config
    assert 3 * worker.HANGING_SECONDS <= worker.MARGIN_SECONDS < given_up.read_timeout


@pytest.mark.parametrize("status", [200, 403])
def test_a_page_of_a_proxy_is_no_verdict(wire: Wire, no_pauses: list[float], status: int) -> None:
    wire.answer = lambda *_: answered(status, b"\n<!DOCTYPE HTML><title>Blocked</title>")
    with pytest.raises(errors.ResumeUnavailable):
        resume.succeed(TOKEN, {})
    assert sum(no_pauses) >= patience.PATIENCE_SECONDS


def test_an_answer_that_cannot_be_read_leaves_the_token_to_another_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable:
        def send_task_success(self, **_: str) -> None:
            raise ResponseParserError(f"Unable to parse response: {TOKEN}")

    monkeypatch.setattr(clients, "stepfunctions", Unreadable)
    with pytest.raises(errors.ResumeUnavailable) as raised:
        resume.succeed(TOKEN, {})
    assert raised.value.retry
    assert TOKEN not in str(raised.value)


def test_a_page_that_a_load_balancer_gives_in_an_outage_is_ridden_out(wire: Wire, no_pauses: list[float]) -> None:
    answers = iter([answered(503, b"<html>"), answered(502, b"<html>"), answered(200, b"{}")])
    wire.answer = lambda *_: next(answers)
    clients.dynamodb().list_tables()
    assert len(no_pauses) == 2


def test_an_object_may_be_a_web_page(wire: Wire, no_pauses: list[float]) -> None:
    wire.answer = lambda *_: answered(200, b"<html>")
    assert clients.s3().get_object(Bucket="docs", Key="k")["Body"].read() == b"<html>"
    assert no_pauses == []


@pytest.mark.parametrize(
    ("said", "again"), [("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", False), ("UNEXPECTED_EOF_WHILE_READING", True)]
)
def test_a_certificate_that_nobody_trusts_does_not_pass_by_waiting_and_a_broken_handshake_does(
    said: str, again: bool
) -> None:
    problem = SSLError(endpoint_url="https://aws.example", error=OSError(said))
    operation = clients.stepfunctions().meta.service_model.operation_model("SendTaskHeartbeat")
    request: dict[str, Any] = {"context": {}, "url": "https://aws.example"}
    pause = patience.pause(
        response=None, operation=operation, attempts=1, caught_exception=problem, request_dict=request
    )
    assert (pause is not None) == again


def test_clients_of_other_services_can_be_made_and_find_their_models_as_ever() -> None:
    made = [session.shared().create_client(service) for service in ("sts", "sso", "sso-oidc")]
    assert [one.meta.service_model.service_name for one in made] == ["sts", "sso", "sso-oidc"]
