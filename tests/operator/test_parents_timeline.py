"""``timeline`` of a document in parts: what is gathered of it, and that the picture can be read."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sfn_callback_operator.output.svg import NARROW, WIDE
from sfn_callback_operator.timeline import picture
from sfn_callback_operator.timeline.run_record import DONE, FAILED, Attempt, Chunk, Part, RunRecord
from sfn_callback_operator.timeline.state_visits import State
from tests.operator.conftest import Desk
from tests.operator.parents import Parents
from tests.operator.test_drawings import REASON, labels, texts
from tests.operator.test_parents import one_of_each


def parent_run(parts: int, chunks: int, *, failed: int | None = None) -> RunRecord:
    """A parent whose parts run at once: each splits for 20 s, and its chunks are done 10 s later."""
    dice = random.Random(16)
    made = tuple(_part(number, chunks, dice, failed=number == failed) for number in range(parts))
    end = max(state.end or 0 for part in made for state in part.states)
    last = [State("RecordFailure", end, end + 1), State("Failed", end + 1, end + 1)]
    states = (
        State("Cut", 0, 2),
        State("RunParts", 2, end),
        *([State("MergeParts", end, end + 4)] if failed is None else last),
    )
    status, error = ("SUCCEEDED", "") if failed is None else ("FAILED", f"Part {failed} failed first: {REASON}")
    return RunRecord("report-txt-573cf425", "parts", status, datetime.now(UTC), end + 4, states, (), error, made)


def _part(number: int, chunks: int, dice: random.Random, *, failed: bool) -> Part:
    start = 2.5 + (number // 8) * 9 + dice.random()
    split = 20 + dice.random() * 4
    at = [start + split * (index + 1) / max(chunks, 1) + 1 + dice.expovariate(0.3) for index in range(chunks)]
    found = [Chunk(index, end - 2, [Attempt(end - 1, end, DONE)]) for index, end in enumerate(at)]
    if failed:
        found[-1].attempts, found[-1].reason = [Attempt(at[-1], at[-1], FAILED)], REASON
    end = max(at, default=start)
    states = [State("Split", start, start + split), State("AwaitChunks", start + split, end)]
    states += [State("Failed", end, end)] if failed else [State("Merge", end, end + 1 + dice.random())]
    return Part(number, "FAILED" if failed else "SUCCEEDED", not failed, tuple(states), tuple(found), REASON * failed)


RUNS: dict[str, Callable[[], RunRecord]] = {
    "parts": lambda: parent_run(16, 300),
    "parts-failed": lambda: parent_run(16, 300, failed=5),
    "parts-many": lambda: parent_run(200, 20, failed=77),
}


def test_parts_are_told_with_their_states_and_chunks(desk: Desk, parents: Parents) -> None:
    arn, _ = one_of_each(parents)
    run = desk.json("timeline", arn)
    assert [(part["number"], part["status"], part["combined"]) for part in run["parts"]] == [
        (0, "SUCCEEDED", True),
        (1, "FAILED", False),
        (2, "RUNNING", False),
        (3, "PENDING", False),
    ]
    assert [state["name"] for state in run["parts"][0]["states"]] == ["Split", "AwaitChunks", "Merge"]
    assert [len(part["chunks"]) for part in run["parts"]] == [2, 2, 2, 0]
    assert (run["chunks"], [state["name"] for state in run["states"]]) == ([], ["Cut", "RunParts"])


def test_a_part_that_begins_later_is_drawn_later(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    desk.machine.earlier(arn, 100)
    part = desk.json("timeline", arn)["parts"][0]
    assert part["states"][0]["start"] == pytest.approx(100, abs=1)
    assert all(one["end"] > 90 for chunk in part["chunks"] for one in chunk["attempts"])
    assert children


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_each_of_16_parts_has_a_band_between_the_parents_own_states(width: int) -> None:
    drawn = picture.svg(parent_run(16, 300), width)
    words = texts(drawn)
    assert [sum(f"part {number}" in (word, word.partition(" ·")[0]) for word in words) for number in range(16)] == [
        1
    ] * 16
    own = [word for word in words if word in ("Cut", "RunParts", "MergeParts")]
    assert (own, words.index("MergeParts") > words.index("Cut")) == (["Cut", "RunParts", "MergeParts"], True)
    assert "part 3, Split: " in " ".join(labels(drawn))
    assert "16 parts, 16 combined" in " ".join(words)
    assert len(drawn) < 600_000


def test_one_failed_part_of_many_is_seen_and_said() -> None:
    for run in (RUNS["parts-failed"](), RUNS["parts-many"]()):
        drawn = picture.svg(run)
        assert any("failed" in one or "FAILED" in one for one in labels(drawn) if one.startswith(("part 5", "part 77")))
        assert len(drawn) < 900_000


def test_ten_thousand_parts_fit_on_a_page() -> None:
    drawn = picture.svg(parent_run(10_000, 0))
    assert len(drawn) < 300_000
