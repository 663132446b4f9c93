"""A durable function asks people: AWS's SDK in memory, and the module's handlers on moto."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from sfn_callback import durable
from testing.aws import make_table
from testing.durable_service import DurableService
from testing.task_tokens import FakeStepFunctions
from tests.functional.approvals import Approvals
from tests.functional.test_durable import service

__all__ = ["service"]


@pytest.fixture
def approvals(
    machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch, service: DurableService
) -> Iterator[Approvals]:
    with mock_aws():
        make_table()
        yield Approvals(machine, monkeypatch)


def decided(service: DurableService, **question: Any) -> dict[str, Any]:
    def question_of(_event: dict[str, Any], context: Any) -> Any:
        try:
            return durable.ask(context, "Publish?", **question)
        except durable.CallbackFailed as failed:
            return {"error": failed.error, "cause": failed.cause}

    said = service.run(question_of, {})
    assert said["Status"] == "SUCCEEDED", said
    result: dict[str, Any] = json.loads(said["Result"])
    return result


def test_a_decision_reaches_the_durable_function(service: DurableService, approvals: Approvals) -> None:
    service.idle = lambda: approvals.press(approvals.link(), "approve", comment="Good.")
    decision = decided(service)
    assert (decision["action"], decision["comment"]) == ("approve", "Good.")


def test_a_rejection_is_a_failure_of_its_name(service: DurableService, approvals: Approvals) -> None:
    service.idle = lambda: approvals.press(approvals.link(), "reject")
    failed = decided(service)
    assert failed["error"] == "Rejected"
    assert json.loads(failed["cause"])["action"] == "reject"


@pytest.mark.parametrize("killed", range(1, 9))
def test_a_function_that_is_killed_in_any_request_asks_once(
    service: DurableService, approvals: Approvals, killed: int
) -> None:
    service.killed_at = frozenset({killed})
    service.idle = lambda: approvals.press(approvals.link(), "approve")
    assert decided(service)["action"] == "approve"
    assert approvals.mails() == []
    assert len(service.closed) == 1


def test_a_reminder_has_the_same_link_and_the_first_decision_counts(
    service: DurableService, approvals: Approvals
) -> None:
    links: list[str] = []

    def remind_once() -> None:
        links.append(approvals.link())
        if len(links) == 1:
            service.time_out(*service.open)
        else:
            approvals.press(links[0], "approve")
            assert approvals.press(links[0], "reject")["statusCode"] == 409

    service.idle = remind_once
    assert decided(service)["action"] == "approve"
    assert links[0] == links[1]


@pytest.mark.parametrize(
    ("question", "ends"), [({"default": "approve"}, ("approve", None)), ({}, (None, "ApprovalTimedOut"))]
)
def test_at_the_deadline_the_default_is_taken_or_the_question_fails(
    service: DurableService, approvals: Approvals, question: dict[str, Any], ends: tuple[str | None, str | None]
) -> None:
    def nobody_decides() -> None:
        service.time_out(*service.open)
        approvals.wait_until_after(86_400)

    service.idle = nobody_decides
    decision = decided(service, **question)
    assert (decision.get("action"), decision.get("error")) == ends
    assert service.names("CALLBACK") == [f"decision-{number}" for number in range(1, 9)]


def test_a_question_that_is_not_in_order_fails_at_once(service: DurableService, approvals: Approvals) -> None:
    failed = decided(service, actions=[{"name": "NO"}])
    assert failed["error"] == "InputInvalid"
    assert 'An action\'s "name"' in failed["cause"]
