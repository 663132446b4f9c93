"""A command of which AWS throttles a request, over a real connection: it goes on, more slowly, and says so."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from unittest import mock

import pytest
from botocore import xform_name

from sfn_callback_operator import aws, cli
from testing.environment import ENVIRONMENT
from testing.wire import Wire, answered
from tests.tooling.loopback import Quiet, serving

ANSWERS = {
    "GetFunctionConfiguration": {"FunctionName": "docs-process", "Environment": {"Variables": ENVIRONMENT}},
    "AWSStepFunctions.ListStateMachines": {"stateMachines": []},
}


class Throttling(Quiet, BaseHTTPRequestHandler):
    """Answers each request at its third attempt."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self._answer("GetFunctionConfiguration")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(self.headers["x-amz-target"])

    def _answer(self, operation: str) -> None:
        self.asked.append(operation)
        throttled = self.asked.count(operation) < 3
        body = json.dumps({"__type": "ThrottlingException"} if throttled else ANSWERS[operation]).encode()
        self.send_response(400 if throttled else 200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("x-amzn-errortype", "ThrottlingException")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    with mock.patch.dict(os.environ):
        aws.reset()
        yield
    aws.reset()


def test_a_throttled_command_goes_on_and_says_so(no_pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    Throttling.asked.clear()
    with serving(Throttling) as at:
        code = cli.main(["--name", "docs", "--region", "eu-central-1", "--endpoint-url", f"http://{at}", "jobs"])
    printed = capsys.readouterr()
    assert (code, printed.out) == (0, "Nothing of docs is open.\n"), printed.err
    assert Throttling.asked == ["GetFunctionConfiguration"] * 3 + ["AWSStepFunctions.ListStateMachines"] * 3
    assert printed.err == "AWS throttles GetFunctionConfiguration: this continues, more slowly.\n"
    assert len(no_pauses) == 4


ARN = {"executionArn": "arn:aws:states:eu-central-1:123456789012:execution:docs-documents:run-1"}
FUNCTION = {"FunctionName": "docs-process"}
Operations = tuple[tuple[str, dict[str, str]], ...]
LISTED: Operations = (
    ("GetFunctionConfiguration", FUNCTION),
    ("GetFunctionConcurrency", FUNCTION),
    ("ListFunctions", {}),
)


@pytest.mark.parametrize(
    ("service", "operations", "at_once", "per_second"),
    [
        ("stepfunctions", (("DescribeExecution", ARN),), 125, 5),
        ("stepfunctions", (("GetExecutionHistory", ARN),), 200, 10),
        ("logs", (("FilterLogEvents", {"logGroupName": "docs"}),), 2.5, 2.5),
        ("lambda", (("GetPolicy", FUNCTION),), 7.5, 7.5),
        ("lambda", LISTED, 7.5, 7.5),
    ],
)
def test_half_of_a_quota_is_left_to_others(
    no_pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    operations: Operations,
    at_once: float,
    per_second: float,
) -> None:
    client, wire = paced(service, monkeypatch)
    for number in range(int(at_once) + 12):
        operation, given = operations[number % len(operations)]
        getattr(client, xform_name(operation))(**given)
    waits = [(int(at_once) + 1 - at_once + number) / per_second for number in range(12)]
    assert len(wire.sent) == int(at_once) + 12
    assert no_pauses == pytest.approx(waits)


def test_what_has_a_large_quota_is_not_paced(no_pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    client, wire = paced("lambda", monkeypatch)
    for _ in range(100):
        client.invoke(**FUNCTION)
    assert (len(wire.sent), no_pauses) == (100, [])


def paced(service: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Wire]:
    """Return a client of a command, to which all is answered at once, at a moment that lasts."""
    wire = Wire(answer=lambda *_: answered(200, b"{}"))
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    aws.configure(aws.Options(region="eu-central-1"))
    return wire.tap(aws.client(service)), wire
