"""What benches say, on a page."""

import sys
from pathlib import Path

import pytest

from benchmarks import __main__, cost, report
from benchmarks.plots import COLOURS, drawing
from benchmarks.report import Goal, Plot, Section, Table

PAGE = "By hand.\n\n<!-- bench: cost -->\nold\n<!-- end -->\n\nMore.\n\n<!-- bench: scale -->\n<!-- end -->\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "performance.md"
    page.write_text(PAGE)
    return page


def drawn(height: float) -> str:
    with drawing() as plot:
        plot.axes.plot([1, 2], [1, height], color=COLOURS[0], label="a line")
        plot.axes.legend()
    return plot.svg


def test_the_benches_run_in_the_order_of_the_page(page: Path) -> None:
    assert report.names(page) == ["cost", "scale"]


def test_a_bench_replaces_its_own_block_only(page: Path) -> None:
    report.write("cost", [Section("Cost", ["New."])], page)
    written = page.read_text()
    assert written == PAGE.replace("old\n", "\n## Cost\n\n`make bench ONLY=cost`\n\nNew.\n\n")
    report.write("cost", [Section("Cost", ["New."])], page)
    assert page.read_text() == written


def test_a_bench_without_a_block_is_named(page: Path) -> None:
    with pytest.raises(ValueError, match="no block '<!-- bench: cpu -->'"):
        report.write("cpu", [], page)


def test_numbers_are_written_to_be_compared() -> None:
    table = Table(("what", "n", "ratio", "price"), [("a", 1_000_000, 1.00391, "$0.63"), ("b", None, 0.000625, None)])
    assert report.markdown("cost", [Section("T", [table])]).splitlines()[4:] == [
        "| what | n | ratio | price |",
        "| --- | --: | --: | --: |",
        "| a | 1,000,000 | 1.00 | $0.63 |",
        "| b | – | 0.000625 | – |",
    ]


def test_only_a_missed_goal_about_counts_fails_a_run() -> None:
    missed = Goal("requests", "2", met=False)
    goals = [missed, Goal("bytes", "1", met=True), Goal("seconds", "9", met=False, exact=False)]
    assert report.missed([Section("T", [], goals)]) == [missed]
    assert "| seconds | 9 | **missed** |" in report.markdown("cost", [Section("T", [], goals)])


@pytest.mark.parametrize(
    ("goals", "said"),
    [
        ([Goal("bytes", "1", met=True)], None),
        ([Goal("bytes", "2", met=False)], "✗ cost: bytes: 2"),
        ([Goal("seconds", "9", met=True, exact=False)], "✗ cost: no goal is about counts, so that nothing was checked"),
    ],
)
def test_a_run_that_misses_a_count_or_checks_none_fails(
    goals: list[Goal], said: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cost, "run", lambda quick: [Section("Cost", [], goals)])
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "cost"])
    assert __main__.main() == bool(said)
    assert capsys.readouterr().err.splitlines() == ([said] if said else [])


def test_the_same_numbers_are_drawn_byte_for_byte_the_same(page: Path) -> None:
    report.write("cost", [Section("T", [Plot("cost", "A line.", drawn(2))])], page)
    assert (page.parent / "plots" / "cost.svg").read_text() == drawn(2) != drawn(3)
    assert "![A line.](plots/cost.svg)" in page.read_text()
