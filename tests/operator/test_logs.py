"""``logs``: what all functions say of one job, in order."""

import json
from logging import getLevelName
from typing import Any

import boto3
import pytest

from sfn_callback import log
from sfn_callback.log_events import LogEvent
from sfn_callback_operator import aws
from sfn_callback_operator.jobs import approvals
from testing.wire import Wire
from tests.functional.conftest import TOKEN
from tests.operator.conftest import HANDLERS, Desk, text
from tests.operator.handing import Handing


class Written:
    """CloudWatch Logs on moto, with what the handlers logged."""

    def __init__(self, desk: Desk) -> None:
        self._logs = boto3.client("logs")
        self._desk = desk

    def write(self, handler: str, lines: list[dict[str, Any] | str]) -> None:
        group = f"/aws/lambda/docs-{handler.replace('_', '-')}"
        self._logs.create_log_group(logGroupName=group)
        self._logs.create_log_stream(logGroupName=group, logStreamName="one")
        now = int(self._desk.machine.now.timestamp() * 1000)
        events: Any = [
            {"timestamp": now + number, "message": line if isinstance(line, str) else json.dumps(line)}
            for number, line in enumerate(lines)
        ]
        self._logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)


def line(second: int, event: LogEvent, **fields: Any) -> dict[str, Any]:
    said = {"level": getLevelName(event.level), "message": event.sentence, "event": event}
    return {"timestamp": f"2026-11-28T10:00:{second:02}.000+00:00", **said, **fields}


@pytest.fixture
def job(desk: Desk) -> str:
    job = desk.job(text("one", "two"))
    written = Written(desk)
    written.write("split", [line(1, LogEvent.SPLIT_STARTED, job=job), line(2, LogEvent.SPLIT_DONE, job=job, chunks=2)])
    written.write(
        "process",
        [
            f"START RequestId: {job}",
            line(4, LogEvent.ATTEMPT_FAILED, job=job, chunk=1, error="RuntimeError"),
            line(3, LogEvent.CHUNK_DONE, job=job, chunk=0),
            line(6, LogEvent.CHUNK_DONE, job="20200101T000000Z-0123456789ab", chunk=0),
        ],
    )
    written.write("await_chunks", [line(5, LogEvent.WAIT_STARTED, fanin=job, token=log.fingerprint(TOKEN))])
    return job


def test_all_functions_lines_are_there_in_the_order_of_time(desk: Desk, job: str) -> None:
    said = [(one["function"], one["event"]) for one in desk.json("logs", job)]
    assert said == [
        ("split", "split_started"),
        ("split", "split_done"),
        ("process", "chunk_done"),
        ("process", "attempt_failed"),
        ("await_chunks", "wait_started"),
    ]


def test_a_line_says_when_who_and_all_that_it_knows(desk: Desk, job: str) -> None:
    ran = desk.run("logs", job, "1")
    assert ran.code == 0
    assert ran.out.split() == [
        *("2026-11-28", "10:00:04", "UTC", "process", *LogEvent.ATTEMPT_FAILED.sentence.split()),
        *(f"job={job}", "chunk=1", "error=RuntimeError"),
    ]


def test_only_what_is_bad_enough_is_there(desk: Desk, job: str) -> None:
    assert [one["level"] for one in desk.json("logs", job, "--level", "WARNING")] == ["WARNING"]
    ran = desk.run("logs", job, "--level", "ERROR")
    assert (ran.code, ran.out) == (0, "")
    assert f"No function has logged a line about {job}" in ran.err


def test_a_deployment_from_before_the_manifests_has_logs_too(desk: Desk, job: str) -> None:
    for handler in HANDLERS:
        desk.say(handler, None)
    assert [one["function"] for one in desk.json("logs", job)][:2] == ["split", "split"]


@pytest.mark.parametrize("decided", [False, True])
def test_an_execution_that_asks_has_the_lines_of_its_approvals(desk: Desk, decided: bool) -> None:
    desk.approval()
    mark = desk.mark()
    Written(desk).write("ask", [line(1, LogEvent.APPROVAL_ASKED, approval=mark), line(2, LogEvent.APPROVAL_ASKED)])
    if decided:
        assert desk.run("approve", mark).code == 0
    assert [one["approval"] for one in desk.json("logs", "asks")] == [mark]


def test_an_execution_that_asks_more_than_a_pattern_holds_has_all_its_lines(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (asks,) = {desk.approval(f"t{number}", subject=f"Publish {number}?") for number in range(90)}
    marks = [one.mark for one in approvals.of_execution(asks)]
    Written(desk).write("ask", [line(1, LogEvent.APPROVAL_ASKED, approval=mark) for mark in marks])
    tapped, made = Wire(), aws.client
    monkeypatch.setattr(aws, "client", lambda service: tapped.tap(made(service)))
    assert [one["approval"] for one in desk.json("logs", "asks")] == marks
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    patterns = [json.loads(sent.body)["filterPattern"] for sent in tapped.sent if "filterPattern" in sent.body]
    assert patterns
    assert max(map(len, patterns)) <= 1024


def test_what_was_reported_of_a_chunk_is_among_its_lines(handing: Handing) -> None:
    desk = handing.desk
    handlers = desk.manifest("process")["handlers"]
    desk.say("process", {"handlers": {**handlers, "documents": [*handlers["documents"], "report"]}})
    handing.apply({})
    job = desk.job(text("one"))
    written = Written(desk)
    written.write("process", [line(3, LogEvent.CHUNK_PENDING, job=job, chunk=0, seconds=0.1)])
    written.write("report", [line(9, LogEvent.CHUNK_DONE, job=job, chunk=0, bytes=1, seconds=6)])
    told = [(one["function"], one["event"]) for one in desk.json("logs", job, "0")]
    assert told == [("process", "chunk_pending"), ("report", "chunk_done")]
