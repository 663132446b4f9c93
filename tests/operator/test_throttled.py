"""A command of which AWS throttles a request, over a real connection: it goes on, more slowly, and says so."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from unittest import mock

import pytest

from sfn_callback_operator import cli, connection
from tests.conftest import ENVIRONMENT
from tests.local.loopback import Quiet, serving

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
        connection.forget()
        yield
    connection.forget()


def test_a_throttled_command_goes_on_and_says_so(no_pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    Throttling.asked.clear()
    with serving(Throttling) as at:
        code = cli.main(["--name", "docs", "--region", "eu-central-1", "--endpoint-url", f"http://{at}", "jobs"])
    printed = capsys.readouterr()
    assert (code, printed.out) == (0, "Nothing of docs is open.\n"), printed.err
    assert Throttling.asked == ["GetFunctionConfiguration"] * 3 + ["AWSStepFunctions.ListStateMachines"] * 3
    assert printed.err == "AWS throttles GetFunctionConfiguration: this goes on, more slowly.\n"
    assert len(no_pauses) == 4
