"""An error leaves every function short, under its own name."""

import importlib
import json
import sys
import traceback
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from sfn_callback import entry, log, sweeper
from sfn_callback.approvals import events as approval_events
from sfn_callback.aws import function_url, patience, records
from sfn_callback.documents import events, part_events
from sfn_callback.errors import ChunkRejected
from sfn_callback.log_events import LogEvent
from sfn_callback.reports import doors
from sfn_callback.tasks import messages
from tests.unit.test_start_up import HANDLERS

FIRST: dict[str, tuple[Any, str]] = {
    "ask": (approval_events, "wait"),
    "await_chunks": (events, "wait"),
    "chunk_failed": (events, "failed_tasks"),
    "cut": (part_events, "uncut"),
    "dead_letter": (records, "queued"),
    "direct_worker": (messages, "task"),
    "http_start": (function_url, "request"),
    "merge": (events, "job"),
    "merge_parts": (part_events, "cut"),
    "page": (function_url, "request"),
    "process": (events, "chunk_tasks"),
    "queue_worker": (records, "queued"),
    "record_failure": (events, "failure"),
    "redrive": (events, "job"),
    "report": (doors, "parse"),
    "split": (events, "document"),
    "start": (events, "drops"),
    "sweep": (sweeper, "sweep"),
    "task_lost": (messages, "lost"),
    "topic_worker": (records, "published"),
}
"""What each handler calls first."""


class Unspeakable(Exception):
    def __str__(self) -> NoReturn:
        raise ValueError("no")


def runtime_record(problem: BaseException) -> dict[str, Any]:
    """What Lambda's runtime makes of an error, as JSON."""
    frames = traceback.extract_tb(problem.__traceback__)
    record = {
        "errorType": type(problem).__name__,
        "errorMessage": str(problem),
        "stackTrace": traceback.format_list(frames),
    }
    read: dict[str, Any] = json.loads(json.dumps(record, ensure_ascii=False).encode())
    return read


def raised_by(handler: Any, problem: BaseException) -> dict[str, Any]:
    with pytest.raises(Exception) as caught:
        handler({}, None)
    return runtime_record(caught.value)


@pytest.fixture(params=HANDLERS)
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what makes each handler raise an error, and what Lambda then says."""
    module, function = FIRST[request.param]
    handler = importlib.import_module(f"sfn_callback.handlers.{request.param}").handler

    def fail(problem: BaseException) -> dict[str, Any]:
        def broken(*_: object, **__: object) -> NoReturn:
            raise problem

        monkeypatch.setattr(module, function, broken)
        return raised_by(handler, problem)

    return fail


def test_every_handler_is_known() -> None:
    assert sorted(FIRST) == HANDLERS


def test_a_message_of_megabytes_leaves_a_few_kilobytes_under_the_same_name(
    failing: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    record = failing(ChunkRejected("é" * 600_000))
    assert record["errorType"] == "ChunkRejected"
    assert record["errorMessage"] == "é" * (entry.MAX_MESSAGE // 2)
    assert "in broken" in "".join(record["stackTrace"])
    assert len(json.dumps(record, ensure_ascii=False).encode()) < 20_000
    (line,) = [line for line in capsys.readouterr().out.splitlines() if LogEvent.ERROR_SHORTENED in line]
    assert len(line) <= log.MAX_LINE
    logged = json.loads(line)
    assert (logged["error"], logged["cut"]) == ("ChunkRejected", True)
    assert len(logged["problem"]) > 2 * entry.MAX_MESSAGE


def test_what_is_short_goes_out_as_it_is(failing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    record = failing(KeyError("absent"))
    assert (record["errorType"], record["errorMessage"]) == ("KeyError", "'absent'")
    assert LogEvent.ERROR_SHORTENED not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("problem", "name", "message"),
    [
        (Unspeakable(), "Unspeakable", "This error cannot be shown: its str() fails."),
        (ValueError("lone \udcff"), "ValueError", "lone ?"),
        (type("Long" * 500, (Exception,), {})("why"), "Long" * 64, "why"),
        (SystemExit(3), "SystemExit", "3"),
        (ExceptionGroup("many", [ValueError("x" * 5_000)] * 3), "ExceptionGroup", "many (3 sub-exceptions)"),
    ],
)
def test_what_cannot_be_told_is_told_otherwise(problem: BaseException, name: str, message: str) -> None:
    @entry.point()
    def handler(*_: object) -> None:
        raise problem

    record = raised_by(handler, problem)
    assert (record["errorType"], record["errorMessage"]) == (name, message)


def test_of_a_long_traceback_the_end_is_told() -> None:
    @entry.point()
    def handler(*_: object) -> None:
        def deeper(left: int) -> None:
            if left:
                exec("deeper(left - 1)", {"deeper": deeper, "left": left})  # each frame differs
            raise RuntimeError("at the bottom")

        deeper(300)

    record = raised_by(handler, RuntimeError())
    assert sum(map(len, record["stackTrace"])) < entry.MAX_TRACEBACK + 1_000
    assert 'raise RuntimeError("at the bottom")' in record["stackTrace"][-1]


def test_what_is_no_error_passes() -> None:
    @entry.point()
    def handler(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handler({}, None)


def test_while_a_handler_runs_its_deadline_is_known() -> None:
    seen: list[float | None] = []

    @entry.point()
    def handler(*_: object) -> str:
        seen.append(patience.seconds_left())
        return "done"

    assert handler({}, SimpleNamespace(get_remaining_time_in_millis=lambda: 5_000)) == "done"
    assert handler({}, None) == "done"
    assert seen[0] is not None and 4 < seen[0] <= 5
    assert (seen[1], patience.seconds_left()) == (None, None)
    assert entry.point()(sys.exit).__name__ == "exit"
