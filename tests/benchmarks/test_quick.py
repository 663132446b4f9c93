"""Each bench, with less work: what it counts is what it is to be."""

import importlib
from collections.abc import Sequence
from functools import cache

import pytest

from benchmarks import report
from benchmarks.report import Goal, Section


@cache
def sections(name: str) -> Sequence[Section]:
    found: Sequence[Section] = importlib.import_module(f"benchmarks.{name}").run(quick=True)
    return found


def missed(goals: Sequence[Goal]) -> list[str]:
    return [f"{goal.what}: {goal.measured}" for goal in goals if not goal.met]


@pytest.mark.parametrize("name", report.names())
def test_a_bench_misses_no_goal_about_counts(name: str) -> None:
    assert report.exact(sections(name))
    assert missed(report.missed(sections(name))) == []
    assert report.markdown(name, sections(name)).startswith("## ")


def test_the_splitter_and_the_merger_keep_to_their_memory() -> None:
    goals = [goal for section in sections("streams") for goal in section.goals if " of memory" in goal.what]
    assert len(goals) == 4
    assert missed(goals) == []
