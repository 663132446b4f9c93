"""``timeline`` and ``diagram``: what is gathered of a run, and that it can be read at any size."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from sfn_callback_operator import graph, picture
from sfn_callback_operator.recording import DONE, FAILED, TRIED, Attempt, Chunk, Recording, State
from tests.operator.conftest import Desk, text
from tests.readme import ROOT

OTHER = "20260131T235959Z-0123456789ab"
SVG = "{http://www.w3.org/2000/svg}"


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
    log_line(desk, "docs-process", 3, message="chunk done", chunk=0, seconds=1.5)
    log_line(desk, "docs-process", 2, message="attempt failed", chunk=1, seconds=0.5, error="RuntimeError")
    log_line(desk, "docs-chunk-failed", 4, message="chunk reported as failed", chunk=1, error="RuntimeError")
    round_two = f"{desk.deployment.job['job']}.1-abcdef01"
    log_line(desk, "docs-process", 9, message="chunk done", chunk=1, seconds=1, fanin=round_two)
    told = [
        [(round(a["start"], 1), round(a["end"], 1), a["fate"], a["round"]) for a in chunk["attempts"]]
        for chunk in recording(desk)
    ]
    assert told == [[(1.5, 3, DONE, 0)], [(1.5, 2, TRIED, 0), (4, 4, FAILED, 0), (8, 9, DONE, 1)]]


def test_without_logs_the_bucket_tells_when_chunks_were_done(desk: Desk) -> None:
    desk.job()
    for event in desk.deployment.chunk_events()[:2]:
        desk.deployment.deliver(event)
    first, _, last = recording(desk)
    assert [attempt["fate"] for attempt in first["attempts"]] == [DONE]
    assert (last["created"] is not None, last["attempts"]) == (True, [])


def test_lines_of_other_jobs_are_left_out(desk: Desk) -> None:
    desk.job()
    log_line(
        desk, "docs-process", 1, message="chunk done", chunk=0, seconds=1, job=OTHER, beside=desk.deployment.job["job"]
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


def run_of(number: int, *odd: Chunk) -> Recording:
    """A run of so many chunks, one done after the other; odd ones take the place of the first."""
    even = [Chunk(index, index / 100, [Attempt(index / 100, index / 100 + 1, DONE)]) for index in range(number)]
    states = (State("Split", 0, 1), State("AwaitChunks", 1, None))
    chunks = (*odd, *even[len(odd) :])
    return Recording("run", "documents", "RUNNING", datetime.now(UTC), number / 100 + 1, states, chunks)


def bars(drawn: str) -> list[ET.Element]:
    return [element for element in ET.fromstring(drawn).iter(f"{SVG}rect") if element.get("class") == "b"]


def said(drawn: str) -> list[str]:
    return [str(bar.findtext(f"{SVG}title")) for bar in bars(drawn)]


def test_ten_chunks_have_a_row_each() -> None:
    drawn = picture.svg(run_of(10))
    assert [sum(one.startswith(f"chunk {index} done") for one in said(drawn)) for index in range(10)] == [1] * 10


def test_ten_thousand_chunks_fit_on_a_page_and_in_a_small_file() -> None:
    drawn = picture.svg(run_of(10_000))
    assert float(ET.fromstring(drawn).get("height", "")) < 1_000
    assert len(drawn) < 300_000
    assert "chunks 0–35: 36 of 36 done, the slowest 1.00 s" in said(drawn)


def test_one_failure_of_ten_thousand_is_seen() -> None:
    odd = Chunk(0, 0, [Attempt(0, 0.1, TRIED), Attempt(0.2, 0.2, FAILED)], "RuntimeError: bad")
    drawn = picture.svg(run_of(10_000, odd))
    (failed,) = [bar for bar in bars(drawn) if str(bar.findtext(f"{SVG}title")).startswith("chunk 0 failed")]
    assert min(float(failed.get("width", "")), float(failed.get("height", ""))) >= 6
    # Drawn after all that is done, so that nothing covers it.
    assert "9,999 done, 1 failed" in drawn
    order = [one.startswith("chunk 0 failed") for one in said(drawn) if " of 36 done" in one or "chunk 0 " in one]
    assert order[-1]


def test_what_a_chunk_says_cannot_leave_its_place() -> None:
    odd = Chunk(0, 0, [Attempt(0, 1, FAILED)], "</title><script>alert(1)</script>")
    assert "<script>" not in picture.svg(run_of(3, odd))


@pytest.mark.parametrize("number", [0, 1])
def test_a_run_with_hardly_anything_is_drawn(number: int) -> None:
    assert ET.fromstring(picture.svg(run_of(number))).tag == f"{SVG}svg"


def test_what_the_buckets_clock_puts_before_the_beginning_is_drawn_at_it() -> None:
    assert "chunk 0 done" in picture.svg(run_of(2, Chunk(0, 0, [Attempt(-900, -900, DONE)])))


DEFINITIONS = sorted((ROOT / "tests" / "golden").glob("*.asl.json"))


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_every_state_of_every_machine_is_drawn_below_what_leads_to_it(path: Path) -> None:
    definition = json.loads(path.read_text())
    drawn = graph.read(definition)
    places = graph._places(drawn)
    assert set(places) == set(definition["States"])
    assert len(set(places.values())) == len(places)
    back = [edge for edge in drawn.edges if places[edge.end][1] <= places[edge.start][1]]
    assert {edge.start for edge in back} <= {"Redrive"}
    assert all(f">{name}<" in graph.svg(drawn, "machine") for name in places)


def test_mermaid_shows_which_states_wait() -> None:
    documents = json.loads((ROOT / "tests" / "golden" / "documents.asl.json").read_text())
    drawn = graph.mermaid(graph.read(documents))
    assert 'AwaitChunks{{"AwaitChunks"}}' in drawn
    assert 'AwaitChunks -.->|"States.Timeout"| RoundsLeft' in drawn
