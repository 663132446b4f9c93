"""A run's picture can be read at any size, by day and by night, on a phone, and however many chunks fit in it."""

import random
import re
import tracemalloc
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sfn_callback_operator.output import webpage
from sfn_callback_operator.output.svg import NARROW, ROUNDS, WIDE, gathered
from sfn_callback_operator.timeline import picture
from sfn_callback_operator.timeline.chunk_rows import MOST_MARKS
from sfn_callback_operator.timeline.run_record import DONE, FAILED, PENDING, TRIED, Attempt, Chunk, RunRecord
from sfn_callback_operator.timeline.state_visits import State

SVG = "{http://www.w3.org/2000/svg}"
NAME = "report-txt-573cf425b849905db80f0f1fb3c2ad84"
REASON = "RuntimeError: " + "no such page; " * 70


def run_of(number: int, *odd: Chunk, **fields: Any) -> RunRecord:
    """A run of so many chunks, one done after the other; odd ones take the place of the first."""
    even = [Chunk(index, index / 100, [Attempt(index / 100, index / 100 + 1, DONE)]) for index in range(number)]
    states = (State("Split", 0, 1), State("AwaitChunks", 1, None))
    run: dict[str, Any] = {"status": "RUNNING", "seconds": number / 100 + 1, "chunks": (*odd, *even[len(odd) :])}
    return RunRecord(NAME, "documents", started=datetime.now(UTC), states=states, **{**run, **fields})


def failing(number: int) -> RunRecord:
    """A run of chunks that have all failed after a retry, some of them in each of six rounds, at all times."""
    dice = random.Random(7)
    chunks = []
    for index in range(number):
        at = [dice.random() * 1_000 for _ in range(4)]
        outcomes = (TRIED, TRIED, FAILED, DONE if index % 3 == 0 else FAILED)
        attempts = [Attempt(at[i], at[i] + dice.random(), outcome, index % 6) for i, outcome in enumerate(outcomes)]
        chunks.append(Chunk(index, 0, attempts, REASON))
    error = f"ChunksFailed: {number:,} of {number:,} chunks failed: {REASON}"
    return run_of(0, chunks=tuple(chunks), seconds=1_001, status="FAILED", error=error)


def bars(drawn: str) -> list[ET.Element]:
    rects = ET.fromstring(drawn).iter(f"{SVG}rect")
    return [element for element in rects if "b" in element.get("class", "").split()]


def labels(drawn: str) -> list[str]:
    return [str(bar.findtext(f"{SVG}title")) for bar in bars(drawn)]


def texts(drawn: str) -> list[str]:
    return [str(one.text) for one in ET.fromstring(drawn).iter(f"{SVG}text")]


def test_ten_chunks_have_a_row_each() -> None:
    drawn = picture.svg(run_of(10))
    assert [sum(one.startswith(f"chunk {index} done") for one in labels(drawn)) for index in range(10)] == [1] * 10


def test_ten_thousand_chunks_fit_on_a_page_and_in_a_small_file() -> None:
    drawn = picture.svg(run_of(10_000))
    assert float(ET.fromstring(drawn).get("height", "")) < 1_000
    assert len(drawn) < 300_000
    assert "chunks 0–35: 36 of 36 done, the slowest 1.00 s" in labels(drawn)


def test_one_failure_of_ten_thousand_is_seen() -> None:
    odd = Chunk(0, 0, [Attempt(0, 0.1, TRIED), Attempt(0.2, 0.2, FAILED)], "RuntimeError: bad")
    drawn = picture.svg(run_of(10_000, odd))
    (failed,) = [bar for bar in bars(drawn) if str(bar.findtext(f"{SVG}title")).startswith("chunk 0 failed")]
    assert min(float(failed.get("width", "")), float(failed.get("height", ""))) >= 6
    # Drawn after all that is done, so that nothing covers it.
    assert "9,999 done, 1 failed" in drawn
    order = [one.startswith("chunk 0 failed") for one in labels(drawn) if " of 36 done" in one or "chunk 0 " in one]
    assert order[-1]


def handed_on(number: int) -> RunRecord:
    """A run of chunks that are handed on: most are reported, one late, one as failed, and one never."""
    chunks = []
    for index in range(number):
        start, end = 0.4 + index / 100, 20 + (index * 37 % 25)
        outcome = FAILED if index == 3 else DONE
        attempts = [Attempt(start, end, PENDING), Attempt(end, end, outcome)]
        if index == 1:
            attempts = [Attempt(start, 30, PENDING), Attempt(30, 48, PENDING, 1), Attempt(48, 48, DONE, 1)]
        if index == 2:
            attempts = [Attempt(start, 60, PENDING)]
        chunks.append(Chunk(index, 0.1, attempts, "Illegible: coffee" if index == 3 else ""))
    return run_of(0, chunks=tuple(chunks), seconds=60)


def test_pending_chunks_have_a_look_of_their_own_from_the_hand_over_to_the_report() -> None:
    drawn = picture.svg(handed_on(12))
    pending = [one for one in bars(drawn) if "pending" in one.get("class", "")]
    assert len(pending) == 13
    assert "chunk 1 pending, round 1 for 18s, handed on at 30.0 s" in labels(drawn)
    assert "chunk 2 pending for 59s, handed on at 0.4 s" in labels(drawn)
    assert "pending: handed on, and not reported yet" in texts(drawn)
    assert "pending" not in " ".join(texts(picture.svg(run_of(12))))
    # The outcome is on top of it.
    of_five = [one for one in labels(drawn) if one.startswith("chunk 5 ")]
    assert [one.split()[2] for one in of_five] == ["waits", "pending", "done"]


def test_a_thousand_pending_chunks_are_few_bars() -> None:
    for run in (handed_on(1_000), run_of(1, Chunk(0, 0, [Attempt(at, at + 1, PENDING) for at in range(9)]), seconds=9)):
        drawn = picture.svg(run)
        rows = min(len(run.chunks), 280)
        assert 0 < len([one for one in bars(drawn) if "pending" in one.get("class", "")]) <= 2 * rows
    assert "chunks 4–7: 4 times pending" in labels(picture.svg(handed_on(1_000)))


def test_drawing_failures_takes_little_memory_however_many_there_are() -> None:
    run = failing(10_000)
    tracemalloc.start()
    webpage.page(run.name, picture.svg(run), picture.svg(run, NARROW))
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 20_000_000


def test_twenty_five_thousand_failures_are_a_small_page_with_few_marks() -> None:
    run = failing(25_000)
    wide, narrow = picture.svg(run), picture.svg(run, NARROW)
    assert len(webpage.page(run.name, wide, narrow).encode()) < 2_000_000
    for drawn, rows in ((wide, 280), (narrow, 112)):
        marks = [bar for bar in bars(drawn) if {"failed", "tried"} & set(bar.get("class", "").split())]
        in_rows = [bar for bar in marks if "attempts" in str(bar.findtext(f"{SVG}title"))]
        assert rows < len(in_rows) <= rows * 2 * MOST_MARKS
        assert len(bars(drawn)) <= rows * (2 * MOST_MARKS + 4 * ROUNDS) + 2 * 120 + 2
    attempts = re.findall(r"([\d,]+) attempts failed,", "\n".join(labels(wide)))
    counted = sum(int(number.replace(",", "")) for number in attempts)
    alone = sum(one.startswith("chunk ") and " failed" in one for one in labels(wide))
    assert counted + alone == sum(attempt.outcome == FAILED for one in run.chunks for attempt in one.attempts)


def test_a_chunk_that_was_tried_a_thousand_times_has_few_marks() -> None:
    attempts = [Attempt(at, at + 0.5, outcome) for at in range(1_000) for outcome in (TRIED, FAILED, DONE)]
    drawn = picture.svg(run_of(3, Chunk(0, 0, attempts), seconds=1_001))
    assert len([one for one in labels(drawn) if one.startswith("chunk 0")]) <= 2 * MOST_MARKS + 3


def test_a_state_that_was_entered_a_thousand_times_has_few_bars() -> None:
    states = tuple(State("Poll", at, at + 0.5) for at in range(1_000))
    drawn = picture.svg(RunRecord("run", "own", "RUNNING", datetime.now(UTC), 1_000, states, ()))
    entered = [int(one.group(1)) for text in labels(drawn) if (one := re.search(r"entered (\d+) times", text))]
    alone = sum(one == "Poll: 0s" for one in labels(drawn))
    assert (len(labels(drawn)) <= 60, sum(entered) + alone) == (True, 1_000)


@pytest.mark.parametrize(
    ("spans", "most", "expected"),
    [
        ([], 2, []),
        ([(0, 1), (1, 2)], 2, [slice(0, 1), slice(1, 2)]),
        ([(0, 1), (1, 2), (5, 6)], 2, [slice(0, 2), slice(2, 3)]),
        ([(0, 9), (1, 2), (5, 6)], 2, [slice(0, 3)]),
        ([(3, 3)] * 4, 2, [slice(0, 4)]),
        ([(0, 1), (2, 3), (9, 10), (20, 21)], 3, [slice(0, 2), slice(2, 3), slice(3, 4)]),
    ],
)
def test_what_is_drawn_as_one_lies_together(spans: list[tuple[float, float]], most: int, expected: list[slice]) -> None:
    assert list(gathered(spans, most)) == expected


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_legend_says_what_there_is_and_nothing_else(width: int) -> None:
    told = " ".join(texts(picture.svg(run_of(10), width)))
    assert ("guessed" in told, "a row is" in told, "in vain" in told, "the execution ended" in told) == (False,) * 4
    several = " ".join(texts(picture.svg(run_of(1_000), width)))
    assert f"a row is {4 if width == WIDE else 9} chunks: pale from the first start" in several
    guessed = Chunk(0, 0, [Attempt(0, 3, DONE, 1, guessed=True), Attempt(1, 1, TRIED), Attempt(2, 2, FAILED)])
    odd = " ".join(texts(picture.svg(run_of(10, guessed), width)))
    for word in ("guessed: no log line says", "tried in vain", "failed", "done in round 1"):
        assert word in odd, word


@pytest.mark.parametrize("number", [10, 1_000])
def test_what_is_guessed_looks_different_and_says_so(number: int) -> None:
    guessed = Chunk(0, 0, [Attempt(0, 3, DONE, guessed=True)])
    drawn = picture.svg(run_of(number, guessed))
    striped = [bar for bar in bars(drawn) if bar.get("fill") == f"url(#r0-{WIDE})"]
    titles = {str(bar.findtext(f"{SVG}title")) for bar in striped}
    expected = "chunk 0 done by 3.0 s; no log line says when it began"
    assert titles == {expected if number == 10 else "chunks 0–3: 4 of 4 done, the times of 1 are guessed"}
    assert [one.get("id") for one in ET.fromstring(drawn).iter(f"{SVG}pattern")] == [
        f"r{one}-{WIDE}" for one in range(4)
    ]


def test_what_a_chunk_says_cannot_leave_its_place() -> None:
    odd = Chunk(0, 0, [Attempt(0, 1, FAILED)], "</title><script>alert(1)</script>")
    assert "<script>" not in picture.svg(run_of(3, odd))


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_run_with_hardly_anything_is_drawn(number: int, width: int) -> None:
    assert ET.fromstring(picture.svg(run_of(number), width)).tag == f"{SVG}svg"


def test_what_the_buckets_clock_puts_before_the_beginning_is_drawn_at_it() -> None:
    assert "chunk 0 done" in picture.svg(run_of(2, Chunk(0, 0, [Attempt(-900, -900, DONE)])))


RUNS: dict[str, Callable[[], RunRecord]] = {
    "small": lambda: run_of(40, Chunk(0, 0, [Attempt(0, 0.4, DONE, guessed=True)]), seconds=0.9, status="ABORTED"),
    "large": lambda: failing(600),
}
