"""Reports from Python, from any machine that may invoke the function."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import sfn_callback
from sfn_callback import errors
from sfn_callback.aws import clients
from sfn_callback.reports.report import MAX_BYTES
from testing import invocations

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "t" * 64
FUNCTION = "docs-report:live"


class Lambda:
    """The function, which is asked, and answers what a test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answer: Any = {"report": "recorded"}
        self.failed = False

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.asked.append((FunctionName, Payload))
        answer = {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return {**answer, "FunctionError": "Unhandled"} if self.failed else answer


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Lambda:
    function = Lambda()
    monkeypatch.setattr(clients, "functions", lambda: function)
    return function


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"result": "größe"}, {"result": "größe"}),
        ({"result": b"\0\xff"}, {"result_base64": "AP8="}),
        ({"result": bytearray(b"a")}, {"result_base64": "YQ=="}),
        ({"result": ""}, {"result": ""}),
        ({"result": b""}, {"result_base64": ""}),
        ({"result": "x", "content_type": "text/plain"}, {"result": "x", "content_type": "text/plain"}),
        ({"result_at": {"bucket": "b", "key": "k"}}, {"result_at": {"bucket": "b", "key": "k"}}),
        ({"error": "OutOfInk", "cause": "no paper"}, {"error": "OutOfInk", "cause": "no paper"}),
        ({"heartbeat": True}, {"heartbeat": True}),
    ],
)
def test_what_is_said_is_sent_and_what_became_of_it_returned(
    said: dict[str, Any], sent: dict[str, Any], functions: Lambda
) -> None:
    functions.answer = {"report": "contradicts"}
    assert sfn_callback.report(TOKEN, function=FUNCTION, **said) == "contradicts"
    ((name, payload),) = functions.asked
    assert (name, json.loads(payload)) == (FUNCTION, {"token": TOKEN, **sent})


def test_the_function_is_named_by_an_argument_or_by_the_environment(
    functions: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.ReportInvalid, match="SFN_CALLBACK_REPORT_FUNCTION"):
        sfn_callback.report(TOKEN, result="x")
    monkeypatch.setenv("SFN_CALLBACK_REPORT_FUNCTION", "of the environment")
    sfn_callback.report(TOKEN, result="x")
    sfn_callback.report(TOKEN, result="x", function=FUNCTION)
    assert [name for name, _ in functions.asked] == ["of the environment", FUNCTION]


@pytest.mark.parametrize("letter", ["x", "ж"])
def test_six_megabytes_are_sent_and_a_byte_more_is_refused_before(letter: str, functions: Lambda) -> None:
    room, width = MAX_BYTES - len(json.dumps({"token": TOKEN, "result": ""})), len(letter.encode())
    result = letter * (room // width) + "x" * (room % width)
    sfn_callback.report(TOKEN, function=FUNCTION, result=result)
    with pytest.raises(errors.ReportInvalid, match=r"6,291,457 bytes of JSON.*result_at"):
        sfn_callback.report(TOKEN, function=FUNCTION, result=f"{result}x")
    assert [len(payload) for _, payload in functions.asked] == [MAX_BYTES]


def test_half_a_character_is_refused_before_it_is_sent(functions: Lambda) -> None:
    with pytest.raises(errors.ReportInvalid, match="surrogate"):
        sfn_callback.report(TOKEN, function=FUNCTION, result="\ud800")
    assert functions.asked == []


@pytest.mark.parametrize("kind", [errors.ReportInvalid, errors.ChunkTokenInvalid, errors.ResultUnavailable])
def test_what_the_function_refuses_is_refused_here_by_the_same_name(kind: type[Exception], functions: Lambda) -> None:
    functions.failed, functions.answer = True, {"errorType": kind.__name__, "errorMessage": "This is why."}
    with pytest.raises(kind, match="This is why") as refused:
        sfn_callback.report(TOKEN, function=FUNCTION, result="x")
    assert type(refused.value) is kind and not kind.retry  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "answer",
    [
        *invocations.CRASHED,
        *invocations.TIMED_OUT,
        *invocations.OUT_OF_MEMORY,
        {"errorType": "ThrottlingException", "errorMessage": "Rate exceeded"},
        {"errorType": "ResumeUnavailable", "errorMessage": "Step Functions is away"},
        {"errorType": "Any", "errorMessage": "no error of ours"},
        {},
    ],
)
def test_a_function_that_failed_may_be_asked_again(answer: dict[str, str], functions: Lambda) -> None:
    functions.failed, functions.answer = True, answer
    with pytest.raises(errors.ReportUnavailable, match=r"\w+") as failed:
        sfn_callback.report(TOKEN, function=FUNCTION, result="x")
    assert failed.value.retry and isinstance(failed.value, errors.ReportError)


def test_what_aws_refuses_is_raised_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def invoke(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "Invoke")

    monkeypatch.setattr(clients, "functions", Away)
    with pytest.raises(ClientError, match="AccessDenied"):
        sfn_callback.report(TOKEN, function=FUNCTION, result="x")


_ELSEWHERE = """
import io, json, sfn_callback
from sfn_callback.aws import clients

def sent(**_):
    from botocore.awsrequest import AWSResponse

    class Body(io.BytesIO):
        def stream(self, **_):
            yield self.read()

    body = json.dumps({"report": "heard"}).encode()
    return AWSResponse("https://aws.example", 200, {"content-length": str(len(body))}, Body(body))

clients.functions().meta.events.register("before-send.lambda.Invoke", sent)
print(sfn_callback.report("t" * 64, function="docs-report", heartbeat=True))
"""


def test_a_machine_needs_credentials_and_a_region_and_nothing_of_ours() -> None:
    credentials = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "lambda_src"), **credentials}
    run = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE],
        env={**environment, "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("heard\n", "")
