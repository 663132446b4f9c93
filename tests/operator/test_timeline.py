"""``timeline``: what is gathered of a run."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from sfn_callback_operator.timeline.run_record import DONE, FAILED, PENDING, TRIED
from tests.operator.conftest import Desk, text
from tests.operator.handing import Handing

OTHER = "20260131T235959Z-0123456789ab"


def log_line(desk: Desk, function: str, after: float, **fields: Any) -> None:
    """A function has said that, so many seconds after the run began."""
    logs, group = boto3.client("logs"), f"/aws/lambda/{function}"
    at = desk.machine.now + timedelta(seconds=after)
    existing = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    if group not in existing:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
    line = {"timestamp": at.isoformat(timespec="milliseconds"), "job": desk.deployment.job["job"], **fields}
    event = {"timestamp": int(at.timestamp() * 1000), "message": json.dumps(line)}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])


def recording(desk: Desk) -> list[dict[str, Any]]:
    chunks: list[dict[str, Any]] = desk.json("timeline", "run-1")["chunks"]
    return chunks


def test_each_attempt_is_told_from_the_logs(desk: Desk) -> None:
    desk.job(text("one", "!fail"))
    desk.machine.now = datetime.now(UTC) - timedelta(seconds=30)
    desk.machine.executions[desk.arn]["startDate"] = desk.machine.now
    log_line(desk, "docs-process", 3, event="chunk_done", chunk=0, seconds=1.5)
    log_line(desk, "docs-process", 2, event="attempt_failed", chunk=1, seconds=0.5, error="RuntimeError")
    log_line(desk, "docs-chunk-failed", 4, event="chunk_failed", chunk=1, error="RuntimeError")
    round_two = f"{desk.deployment.job['job']}.1-abcdef01"
    log_line(desk, "docs-process", 9, event="chunk_done", chunk=1, seconds=1, fanin=round_two)
    told = [
        [(round(a["start"], 1), round(a["end"], 1), a["outcome"], a["round"]) for a in chunk["attempts"]]
        for chunk in recording(desk)
    ]
    assert told == [[(1.5, 3, DONE, 0)], [(1.5, 2, TRIED, 0), (4, 4, FAILED, 0), (8, 9, DONE, 1)]]


def test_lines_of_other_jobs_are_left_out(desk: Desk) -> None:
    desk.job()
    log_line(
        desk, "docs-process", 1, event="chunk_done", chunk=0, seconds=1, job=OTHER, beside=desk.deployment.job["job"]
    )
    assert recording(desk)[0]["attempts"] == []


def test_the_states_and_the_wait_are_told(desk: Desk) -> None:
    desk.job()
    states = desk.json("timeline", "run-1")["states"]
    assert [(state["name"], state["end"] is None) for state in states] == [("Split", False), ("AwaitChunks", True)]


@pytest.mark.parametrize("name", ["run.html", "run.svg"])
def test_the_file_needs_nothing_else(desk: Desk, tmp_path: Path, name: str) -> None:
    desk.failed_job(text("one", "!fail", "three"))
    assert desk.run("timeline", "run-1", "-o", str(tmp_path / name)).code == 0
    drawn = (tmp_path / name).read_text()
    assert re.findall(r"(?:src|href)=|url\(http|@import", drawn) == []
    assert "this paragraph says !fail" in drawn


def test_another_kind_of_file_is_refused_before_anything_is_read(desk: Desk) -> None:
    ran = desk.run("timeline", desk.job(), "-o", "run.pdf")
    assert (ran.code, ".html" in ran.err) == (2, True)


def test_what_only_the_bucket_tells_is_guessed(desk: Desk) -> None:
    desk.job()
    for event in desk.deployment.chunk_events()[:2]:
        desk.deployment.deliver(event)
    log_line(desk, "docs-process", 1, event="chunk_done", chunk=0, seconds=1)
    told = [[attempt["guessed"] for attempt in chunk["attempts"]] for chunk in recording(desk)]
    assert told == [[False], [True], []]


def test_a_result_that_came_after_an_abort_does_not_lengthen_the_run(desk: Desk) -> None:
    desk.job()
    begun = datetime.now(UTC) - timedelta(seconds=400)
    desk.machine.executions[desk.arn]["startDate"] = begun
    desk.machine.end(desk.arn, "ABORTED")
    desk.machine.executions[desk.arn]["stopDate"] = begun + timedelta(seconds=100)
    for event in desk.deployment.chunk_events()[:1]:
        desk.deployment.deliver(event)
    run = desk.json("timeline", "run-1")
    assert (run["seconds"], run["chunks"][0]["attempts"][0]["end"] > 300) == (100, True)
    shown = desk.run("show", "run-1").out
    assert re.search(r"took\s+1m 40s", shown), shown
    drawn = desk.run("timeline", "run-1", "-o", "-").out
    assert ("· ABORTED · 1m 40s from" in drawn, "the execution ended" in drawn) == (True, True)


def test_a_page_has_a_picture_for_a_phone_too(desk: Desk, tmp_path: Path) -> None:
    desk.failed_job(text("one", "!fail", "three"))
    for name, widths in (("run.html", ["1200", "360"]), ("run.svg", ["1200"])):
        assert desk.run("timeline", "run-1", "-o", str(tmp_path / name)).code == 0
        assert re.findall(r'<svg [^>]*width="(\d+)"', (tmp_path / name).read_text()) == widths


def spans(chunk: dict[str, Any]) -> list[tuple[float, float, str, int]]:
    return [(round(one["start"], 1), round(one["end"], 1), one["outcome"], one["round"]) for one in chunk["attempts"]]


def begun(desk: Desk) -> None:
    """The run began half a minute ago."""
    desk.machine.now = datetime.now(UTC) - timedelta(seconds=30)
    desk.machine.executions[desk.arn]["startDate"] = desk.machine.now


def test_a_chunk_is_pending_from_its_hand_over_to_its_report(handing: Handing) -> None:
    desk = handing.desk
    desk.job(text("one", "two", "three"))
    begun(desk)
    for chunk in range(3):
        log_line(desk, "docs-process", 2, event="chunk_pending", chunk=chunk, seconds=0.5)
    log_line(desk, "docs-report", 9, event="chunk_done", chunk=0, bytes=1, seconds=7)
    log_line(desk, "docs-report", 5, event="chunk_failed", chunk=1, error="Illegible")
    run = desk.json("timeline", "run-1")
    first, second, third = map(spans, run["chunks"])
    assert first == [(2, 9, PENDING, 0), (9, 9, DONE, 0)]
    assert second == [(2, 5, PENDING, 0), (5, 5, FAILED, 0)]
    # Nobody has reported it yet.
    ((start, end, outcome, _),) = third
    assert (start, outcome, abs(end - run["seconds"]) < 1) == (2, PENDING, True)


def test_a_chunk_that_is_handed_on_again_is_pending_anew(handing: Handing) -> None:
    desk = handing.desk
    job = desk.job(text("one"))
    begun(desk)
    log_line(desk, "docs-process", 2, event="chunk_pending", chunk=0, seconds=0.5)
    log_line(desk, "docs-process", 8, event="chunk_pending", chunk=0, seconds=0.5, fanin=f"{job}.1-abcdef01")
    # Whoever had it first gives up, which is nothing to the one who has it now.
    log_line(desk, "docs-report", 10, event="chunk_failed", chunk=0, error="Illegible")
    log_line(desk, "docs-report", 20, event="chunk_done", chunk=0, seconds=12, fanin=f"{job}.1-abcdef01")
    (only,) = recording(desk)
    assert spans(only) == [(2, 8, PENDING, 0), (8, 20, PENDING, 1), (10, 10, FAILED, 0), (20, 20, DONE, 1)]


def test_a_chunk_that_was_reported_by_hand_is_pending_until_its_result_is_there(handing: Handing) -> None:
    desk = handing.desk
    desk.functions.delete_function(FunctionName="docs-report")
    job = desk.job(text("one"))
    begun(desk)
    log_line(desk, "docs-process", 2, event="chunk_pending", chunk=0, seconds=0.5)
    desk.deployment.put(f"results/{job}/00000000", b"by hand")
    ((handed, reported),) = map(spans, recording(desk))
    assert handed[0] == 2 and handed[2] == PENDING
    assert handed[1] == reported[0] == reported[1] and reported[2] == DONE
