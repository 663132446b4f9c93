"""When AWS does not answer, a person is told to try again, and nothing else."""

import json
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError

from sfn_callback.approvals import store as kept
from sfn_callback.handlers import http_start
from testing.wire import Wire, answered
from tests.conftest import set_variables
from tests.functional.approvals import FORM, TOKEN, Approvals, approvals

__all__ = ["approvals"]

DIRECT = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-direct"
COMMON = ["ThrottlingException", "AccessDeniedException", "InternalFailure", "ServiceUnavailable", "ExpiredToken"]
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html"""


def modelled(service: str, operation: str) -> list[str]:
    """The errors that botocore's model has for an operation, and those that any may have."""
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    return [shape.name for shape in model.error_shapes] + COMMON


@pytest.fixture
def link(approvals: Approvals, no_pauses: list[float]) -> str:
    approvals.ask(webhook={}, actions=[{"name": "approve"}])
    return approvals.link()


def assert_later(answer: dict[str, Any], *secrets: str) -> None:
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"] == "10"
    assert not any(secret in json.dumps(answer) for secret in secrets)


def ways(approvals: Approvals, link: str) -> list[dict[str, Any]]:
    """Every way to ask the page for something."""
    return [
        approvals.request("GET", link),
        approvals.request("HEAD", link),
        approvals.press(link, "approve"),
        approvals.send(link, {"paid": True}),
    ]


def test_a_ledger_that_does_not_answer_is_a_page_that_says_so(
    approvals: Approvals, wire: Wire, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wire.message = f"some words of AWS about {link}"
    for code in modelled("dynamodb", "GetItem"):
        wire.refused["dynamodb.GetItem"] = code
        for answer in ways(approvals, link):
            assert_later(answer, "some words", link[1:], code)
        said = capsys.readouterr().out
        assert said.count(f'"problem": "GetItem: {code}"') == 4
        assert "some words" not in said
    assert "try again" in approvals.request("GET", link)["body"]
    assert approvals.request("HEAD", link)["body"] == ""
    assert "try again" in json.loads(approvals.send(link, {})["body"])["error"]


def test_a_decision_that_could_not_be_kept_is_taken_the_next_time(approvals: Approvals, wire: Wire, link: str) -> None:
    for code in modelled("dynamodb", "UpdateItem"):
        # A refused condition is no outage: it is how a second decision is noticed.
        if code != "ConditionalCheckFailedException":
            wire.refused["dynamodb.UpdateItem"] = code
            assert_later(approvals.press(link, "approve"))
    wire.refused.clear()
    assert approvals.machine.verdicts == []
    assert approvals.press(link, "approve")["statusCode"] == 303
    assert approvals.verdict()[0] == "success"


def test_a_secret_that_cannot_be_read_refuses_every_webhook_for_now(
    approvals: Approvals, wire: Wire, link: str
) -> None:
    secret = boto3.client("secretsmanager").create_secret(Name="hook", SecretString="s3cret")
    approvals.set("WEBHOOK_SECRET", secret["ARN"])
    for code in modelled("secretsmanager", "GetSecretValue"):
        wire.refused["secrets-manager"] = code
        assert_later(approvals.send(link, {"paid": True}), code, "hook")
    assert approvals.machine.verdicts == []


def test_an_aws_that_cannot_be_reached_is_the_same(approvals: Approvals, wire: Wire, link: str) -> None:
    def unreachable(_: str, request: AWSPreparedRequest) -> None:
        raise EndpointConnectionError(endpoint_url=request.url)

    wire.answer = unreachable
    for answer in ways(approvals, link):
        assert_later(answer, "amazonaws.com")


def test_an_undelivered_decision_says_when_to_try_again(approvals: Approvals, link: str) -> None:
    approvals.machine.refusals = ["ServiceUnavailable"]
    answer = approvals.press(link, "approve")
    assert_later(answer, TOKEN, link[1:])
    assert "Your answer is saved" in answer["body"]


def test_a_mistake_of_ours_is_not_hidden(approvals: Approvals, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept.Approvals, "find", lambda *_: {"a": 1}["b"])
    with pytest.raises(KeyError):
        approvals.request("GET", link)


def test_an_execution_that_cannot_be_started_now_says_so(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    set_variables(monkeypatch, DIRECT_MACHINE_ARN=DIRECT)
    wire.message = f"some words of AWS about {DIRECT}"
    asked = {"rawPath": "/start", "rawQueryString": "a=1", "requestContext": {"http": {"method": "GET"}}}
    for code in modelled("stepfunctions", "StartExecution"):
        wire.refused["sfn"] = code
        answer = http_start.handler(asked, None)
        assert "some words" not in json.dumps(answer) + capsys.readouterr().out
        if code in ("InvalidExecutionInput", "ValidationException"):
            assert answer["statusCode"] == 400
        else:
            assert_later(answer, DIRECT)
    wire.refused.clear()
    wire.answer = lambda *_: answered(200, b'{"executionArn": "arn:execution", "startDate": 1}')
    assert http_start.handler(asked, None)["statusCode"] == 202


def test_every_form_of_the_page_is_kept_from_being_stored_or_framed(approvals: Approvals, link: str) -> None:
    for answer in [*ways(approvals, link), approvals.request("PUT", link), approvals.request("GET", "/")]:
        headers = answer["headers"]
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert FORM in approvals.request("POST", link, "x", content_type="text/plain")["body"]
