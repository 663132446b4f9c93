"""What is tried again, for how long, and at what pace: on any version of botocore."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from http.client import BadStatusLine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)
from botocore.retries import standard
from s3transfer.exceptions import CancelledError
from urllib3.exceptions import ProtocolError

from sfn_callback.aws import clients, patience
from testing.wire import Wire, answered

ROOT = Path(__file__).resolve().parents[3]
# Folders that pip has put other versions into: pip install --no-deps --target <folder> botocore==1.35.2 'urllib3<2'
OTHERS = [folder for folder in os.environ.get("SFN_CALLBACK_BOTOCORE", "").split(os.pathsep) if folder]


def ran(folder: str, what: str) -> dict[str, Any]:
    """Return what :mod:`tests.unit.aws.outage` finds with the botocore of a folder, ``""`` for the installed one."""
    path = os.pathsep.join(filter(None, [folder, str(ROOT / "lambda_src"), str(ROOT)]))
    process = subprocess.run(
        [sys.executable, "-m", "tests.unit.aws.outage", what],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(process.stdout)["found"]
    return found


@pytest.mark.parametrize("botocore", ["", *OTHERS])
@pytest.mark.parametrize(("outage", "requests"), [("15", (8, 12)), ("20", (10, 15))])
def test_an_outage_is_ridden_out_with_few_requests(botocore: str, outage: str, requests: tuple[int, int]) -> None:
    for name, found in ran(botocore, outage).items():
        assert found["failed"] == 0, name
        assert requests[0] < found["requests"] < requests[1], name
        assert found["longest_pause"] <= patience.LONGEST_PAUSE_SECONDS, name


@pytest.mark.parametrize("botocore", ["", *OTHERS])
def test_a_truncated_body_is_noticed_by_every_way_of_reading_it(botocore: str) -> None:
    broken = {"ConnectionClosedError", "IncompleteReadError", "ResponseParserError", "ResponseStreamingError"}
    found = ran(botocore, "truncated")
    assert len(found) == 14
    assert set(found.values()) <= broken, found


def asked(attempts: int = 1, **given: Any) -> dict[str, Any]:
    """What botocore emits after an attempt at SendTaskHeartbeat."""
    operation = clients.stepfunctions().meta.service_model.operation_model("SendTaskHeartbeat")
    usual: dict[str, Any] = {"response": None, "caught_exception": None, "operation": operation, "attempts": attempts}
    return {**usual, "request_dict": {"context": {}, "url": "https://aws.example"}, **given}


def refused(code: str | None = None, status: int = 400, **headers: str) -> dict[str, Any]:
    return {"response": (answered(status, b"", **headers), {"Error": {"Code": code}} if code else {})}


LATER: list[dict[str, Any]] = [
    *(refused(code) for code in sorted(patience.CODES)),
    *(refused(status=status) for status in (429, 500, 502, 503, 504)),
    {"caught_exception": EndpointConnectionError(endpoint_url="x")},
    {"caught_exception": ReadTimeoutError(endpoint_url="x")},
]
NEVER: list[dict[str, Any]] = [
    refused(status=200),
    refused("AccessDeniedException"),
    refused("TaskTimedOut"),
    refused("ConditionalCheckFailedException"),
    refused("InternalSomething", status=404),
    {"caught_exception": ValueError()},
    {"response": (answered(200, b""), {"Error": "none"})},
]


@pytest.mark.parametrize("given", LATER)
def test_what_may_succeed_later_is_tried_again(given: dict[str, Any]) -> None:
    pause = patience.pause(**asked(**given))
    assert pause is not None
    assert 0 <= pause <= patience.FIRST_PAUSE_SECONDS


@pytest.mark.parametrize("given", NEVER)
def test_what_cannot_is_not(given: dict[str, Any]) -> None:
    assert patience.pause(**asked(**given)) is None


def test_all_that_botocores_standard_mode_tries_again_is_tried_again() -> None:
    checked = standard.StandardRetryConditions(max_attempts=2)
    # Its lists are not public, and botocore's stubs do not know them.
    throttled: Any = standard.ThrottledRetryableChecker
    transient: Any = standard.TransientRetryableChecker
    assert {*throttled._THROTTLED_ERROR_CODES, *transient._TRANSIENT_ERROR_CODES} <= patience.CODES
    later = [refused(status=status) for status in transient._TRANSIENT_STATUS_CODES]
    raised = transient._TRANSIENT_EXCEPTION_CLS
    later += [{"caught_exception": kind(endpoint_url="x", error="y")} for kind in raised]
    assert all(patience.pause(**asked(**given)) is not None for given in later)
    for given in NEVER:
        context = standard.RetryEventAdapter().create_retry_context(**asked(**given))
        assert not checked.is_retryable(context)


@pytest.mark.parametrize("problem", [RuntimeError("no more ink"), CancelledError()])
def test_a_body_that_cannot_be_read_is_not_sent_again(problem: Exception) -> None:
    assert patience.pause(**asked(caught_exception=HTTPClientError(error=problem))) is None


@pytest.mark.parametrize("problem", [OSError("gone"), BadStatusLine(""), ProtocolError("gone")])
def test_what_breaks_while_a_body_is_sent_is_tried_again(problem: Exception) -> None:
    assert patience.pause(**asked(caught_exception=HTTPClientError(error=problem))) is not None


def test_what_a_service_models_as_retryable_is_tried_again() -> None:
    operation = clients.dynamodb().meta.service_model.operation_model("UpdateItem")
    modelled = refused("ReplicatedWriteConflictException")
    assert patience.pause(**asked(operation=operation, **modelled)) is not None
    assert patience.pause(**asked(**modelled)) is None


def test_an_answer_of_dynamodbs_whose_checksum_differs_is_not_taken(wire: Wire, no_pauses: list[float]) -> None:
    wrong = iter(range(2))

    def answer(*_: Any) -> AWSResponse:
        checksum = "7" if next(wrong, None) is not None else "2745614147"
        return answered(200, b"{}", **{"x-amz-crc32": checksum})

    wire.answer = answer
    clients.dynamodb().get_item(TableName="t", Key={"pk": {"S": "k"}})
    assert len(no_pauses) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-amz-retry-after": "1500"}, 1.5),
        ({"retry-after": "3"}, 3),
        ({"x-amz-retry-after": "-1"}, 0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
        ({"retry-after": "86400"}, patience.PATIENCE_SECONDS),
    ],
)
def test_what_aws_asks_for_is_waited_and_the_pause_comes_on_top(headers: dict[str, str], seconds: float) -> None:
    given = asked(**refused(status=503, **headers))
    assert patience.pause(**given, draw=lambda _, most: most) == seconds + patience.FIRST_PAUSE_SECONDS


def test_pauses_double_up_to_the_longest() -> None:
    given = refused(status=503)
    pauses = [patience.pause(**asked(attempts=n, **given), draw=lambda _, most: most) for n in range(1, 8)]
    assert pauses == [0.5, 1, 2, 4, 5, 5, 5]


def test_those_that_an_outage_has_hit_at_once_do_not_come_back_at_once() -> None:
    random.seed(13)
    again: Counter[int] = Counter()
    for _ in range(1_000):
        given, at = asked(**refused(status=503)), 0.0
        for attempt in range(1, 100):
            pause = patience.pause(**{**given, "attempts": attempt})
            if pause is None:
                break
            at += pause
            again[int(at * 10)] += 1
    # Of 1,000, in a tenth of a second.
    assert max(again.values()) < 350
    assert max(count for tenth, count in again.items() if tenth > 20) < 100


def test_attempts_that_hang_end_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: clock.now))
    given = asked(caught_exception=ReadTimeoutError(endpoint_url="x"))
    for seconds, paused in ((10, 0), (30, 0), (69, 0), (70, None)):
        clock.now = seconds
        assert patience.pause(**given, draw=lambda *_: 0) == paused


def test_nothing_is_tried_again_shortly_before_the_functions_end() -> None:
    given = refused(status=503)
    with patience.ending(1.4):
        assert patience.pause(**asked(**given), draw=lambda *_: 0.5) is None
        assert patience.pause(**asked(**given), draw=lambda *_: 0.1) == 0.1
    assert patience.pause(**asked(**given), draw=lambda *_: 0.5) == 0.5


def test_an_answer_that_stays_truncated_is_no_answer(wire: Wire, no_pauses: list[float]) -> None:
    wire.answer = lambda *_: answered(200, b"", **{"content-length": "12"})
    with pytest.raises(ConnectionClosedError):
        clients.s3().list_objects_v2(Bucket="docs")
    assert sum(no_pauses) >= patience.PATIENCE_SECONDS


def test_a_head_and_a_stream_may_have_less_than_they_announce(wire: Wire, no_pauses: list[float]) -> None:
    wire.answer = lambda *_: answered(200, b"", **{"content-length": "12"})
    assert clients.s3().head_object(Bucket="docs", Key="k")["ContentLength"] == 12
    assert clients.s3().get_object(Bucket="docs", Key="k")["ContentLength"] == 12
    assert no_pauses == []


@pytest.mark.parametrize(
    ("make", "name", "body"),
    [
        (clients.dynamodb, "list_tables", b"{}"),
        (clients.functions, "list_functions", b"{}"),
        (clients.s3, "list_buckets", b"<a/>"),
        (clients.secrets, "list_secrets", b"{}"),
        (clients.sns, "list_topics", b"<a><ListTopicsResult/></a>"),
        (clients.stepfunctions, "list_state_machines", b"{}"),
    ],
)
def test_every_client_sends_once_what_succeeds_and_what_is_refused_until_patience_ends(
    wire: Wire, no_pauses: list[float], make: Callable[[], Any], name: str, body: bytes
) -> None:
    call = getattr(make(), name)
    wire.answer = lambda *_: answered(200, body)
    call()
    assert len(wire.operations()) == 1
    wire.answer = lambda *_: answered(503, b"")
    with pytest.raises(ClientError):
        call()
    assert len(wire.operations()) == len(no_pauses) + 1
    assert patience.PATIENCE_SECONDS <= sum(no_pauses) < patience.PATIENCE_SECONDS + patience.LONGEST_PAUSE_SECONDS


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
    assert (patience.pause(**asked(caught_exception=problem)) is not None) == again
