"""No table cuts a cell, however narrow the terminal is."""

import io
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sfn_callback_operator.output import screen
from tests.conftest import examples

COLUMNS = ("job", "workflow", "status", "age", "progress", "round", "waits for")
# Nor what is shown as U+FFFD.
LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf", "Mn", "Me"), exclude_characters="\ufffe\uffff"
)
texts = st.text(LETTERS, max_size=60)
words = st.lists(texts, max_size=5).map(" ".join)
JOB = (
    "20260131T235959Z-0123456789ab",
    "documents",
    "RUNNING",
    "2d 3h",
    "at least 12,345 of 100,000, 17 failed",
    "12",
    "a decision until 2026-01-31 23:59 UTC: Publish the report of the third quarter to everybody?",
)


def printed(monkeypatch: pytest.MonkeyPatch, width: int, rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    monkeypatch.setattr(screen, "out", lambda: Console(file=out, width=width, highlight=False))
    screen.table(COLUMNS, rows)
    return out.getvalue()


def packed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("width", range(40, 201))
def test_a_row_of_jobs_is_whole_at_every_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    told = printed(monkeypatch, width, [JOB])
    for cell in JOB:
        assert packed(cell) in packed(told)


@pytest.mark.parametrize("width", [80, 120])
def test_a_row_of_jobs_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    rows = [(*JOB[:4], "2 of 3", *JOB[5:])] * 3
    lines = printed(monkeypatch, width, rows).splitlines()
    assert sum(JOB[0] in line and "2 of 3" in line for line in lines) == 3
    assert all(len(line) <= width or "waits for: " in line for line in lines)


@examples(each=1)
@given(st.integers(40, 200), st.lists(st.tuples(*[words] * len(COLUMNS)), min_size=1, max_size=4))
def test_every_cell_is_whole_at_every_width(width: int, rows: list[tuple[str, ...]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        told = packed(printed(monkeypatch, width, rows))
    for row in rows:
        for cell in row:
            assert packed(cell) in told
