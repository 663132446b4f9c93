"""The command is as patient as the functions, on any version of botocore, and says why it takes longer."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme
from botocore.exceptions import ClientError

from sfn_callback.aws import clients, patience
from sfn_callback_operator import aws, cli
from testing.wire import Wire, answered
from tests.tooling.loopback import Quiet, serving

THROTTLED = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
PAGE = b"\n <!DOCTYPE html><html><body>Sign in to the network</body></html>"


@pytest.fixture(autouse=True)
def used() -> Iterator[None]:
    aws.configure(aws.Options(name="docs"))
    yield
    aws.reset()


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("sqs", lambda client: client.list_queues()),
        ("logs", lambda client: client.describe_log_groups()),
        ("cloudwatch", lambda client: client.describe_alarms()),
        ("iam", lambda client: client.list_roles()),
        ("events", lambda client: client.list_rules()),
        ("sts", lambda client: client.get_caller_identity()),
    ],
)
def test_every_client_of_the_command_rides_out_what_the_functions_ride_out(
    service: str, call: Callable[[Any], Any], no_pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    # botocore's own retries are off, whatever the environment says.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    client, wire = aws.client(service), Wire()
    wire.tap(client)
    wire.answer = lambda *_: answered(503, b"")
    with pytest.raises(ClientError):
        call(client)
    assert len(wire.operations()) == len(no_pauses) + 1
    assert patience.PATIENCE_SECONDS <= sum(no_pauses) < patience.PATIENCE_SECONDS + patience.LONGEST_PAUSE_SECONDS


def throttled_for(times: int, answer: bytes) -> Callable[..., Any]:
    left = iter(range(times))
    return lambda *_: answered(200, answer) if next(left, None) is None else answered(400, THROTTLED)


def test_a_throttled_command_goes_on_and_says_so_once(
    wire: Wire, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        wire.answer = throttled_for(3, b'{"executions": []}')
        clients.stepfunctions().list_executions(stateMachineArn="arn:aws:states:eu-central-1:0:stateMachine:m")
    assert len(no_pauses) == 6
    assert capsys.readouterr().err == "AWS throttles ListExecutions: this continues, more slowly.\n"


def test_each_command_says_it_for_itself(
    wire: Wire, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        aws.configure(aws.Options(name="docs"))
        wire.answer = throttled_for(1, b'{"TableNames": []}')
        clients.dynamodb().list_tables()
    assert capsys.readouterr().err.count("AWS throttles ListTables") == 2


@pytest.mark.parametrize(("outages", "told"), [(1, 0), (2, 1), (5, 1)])
def test_a_silent_aws_is_told_of_once_it_lasts(
    outages: int, told: int, wire: Wire, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    left = iter(range(outages))
    wire.answer = lambda *_: answered(200 if next(left, None) is None else 503, b'{"TableNames": []}')
    clients.dynamodb().list_tables()
    assert capsys.readouterr().err.count("AWS does not answer ListTables: retrying for 20 seconds.") == told


def test_what_succeeds_says_nothing(wire: Wire, capsys: pytest.CaptureFixture[str]) -> None:
    wire.answer = lambda *_: answered(200, b'{"TableNames": []}')
    clients.dynamodb().list_tables()
    assert capsys.readouterr().err == ""


def test_a_function_that_is_waited_for_is_asked_once(no_pauses: list[float]) -> None:
    client, wire = aws.patient_functions(), Wire()
    wire.tap(client)
    for status in (503, 429):
        wire.answer = lambda *_, status=status: answered(status, b"")
        with pytest.raises(ClientError):
            client.invoke(FunctionName="docs-merge", Payload=b"{}")
    assert (wire.operations(), no_pauses) == (["lambda.Invoke"] * 2, [])
    assert client.meta.config.read_timeout > 900


@pytest.mark.parametrize("status", [200, 403, 404, 502])
def test_a_web_page_in_place_of_an_answer_is_said_to_be_one(
    wire: Wire, no_pauses: list[float], capsys: pytest.CaptureFixture[str], status: int
) -> None:
    wire.answer = lambda *_: answered(status, PAGE, **{"content-type": "text/html"})
    assert cli.main(["--name", "docs", "jobs"]) == 5
    said = capsys.readouterr().err
    assert "Sign in" not in said
    assert ("web page" in said, "HTTPS_PROXY" in said, no_pauses == []) == (status < 500,) * 3


class Anything(Quiet, BaseHTTPRequestHandler):
    """Answers whatever it is asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


def test_an_untrusted_certificate_is_said_at_once_with_what_to_change(
    tmp_path: Path, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    ours = trustme.CA().issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in ours.cert_chain_pems))
    key.write_bytes(ours.private_key_pem.bytes())
    with serving(Anything, (chain, key)) as at:
        code = cli.main(["--name", "docs", "--endpoint-url", f"https://{at}", "jobs"])
    said = capsys.readouterr().err
    assert (code, no_pauses) == (2, [])
    assert "AWS_CA_BUNDLE" in said
    assert "ry again" not in said
