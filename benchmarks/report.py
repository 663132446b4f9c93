"""What a bench says, and its block of docs/performance.md.

A bench is a module ``benchmarks/<name>.py`` with one question in its docstring and one function::

    def run(quick: bool) -> list[Section]: ...

The page has a block for each bench, in the order in which they run; what is between the blocks is written by hand::

    <!-- bench: <name> -->
    <!-- end -->

``quick`` is for CI: less work, the same checks. The same numbers give the same page and the same plots, byte for byte.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows: numbers, and texts that begin as numbers do, stand on the right.

    An ``int`` is written with commas, a ``float`` with three significant digits, ``None`` as a dash.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot, drawn with :mod:`benchmarks.plots` and kept as docs/plots/<name>.svg; in words what it ``shows``."""

    name: str
    shows: str
    svg: str


@dataclass(frozen=True, slots=True)
class Goal:
    """What was aimed at, and what was measured.

    ``exact`` is for counts: one that is not met fails the run. Times depend on the machine, they are only reported.
    """

    what: str
    measured: str
    met: bool
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """One question's answer: paragraphs, tables and plots, in order, then the goals."""

    title: str
    parts: Sequence[str | Table | Plot]
    goals: Sequence[Goal] = ()


def markdown(name: str, sections: Sequence[Section]) -> str:
    """Return a bench's sections, each with the command that makes it."""
    return "\n\n".join(part for section in sections for part in _parts(name, section))


def names(page: Path = PAGE) -> list[str]:
    """Return the benches, in the order of their blocks."""
    return re.findall(r"<!-- bench: (\w+) -->", page.read_text())


def write(name: str, sections: Sequence[Section], page: Path = PAGE) -> None:
    """Put a bench's sections into its block of the page, and its plots beside it.

    Raises:
        ValueError: the page has no block of that name.
    """
    block = re.compile(rf"(<!-- bench: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    text, blocks = block.subn(lambda found: f"{found[1]}\n{markdown(name, sections)}\n\n{found[2]}", page.read_text())
    if not blocks:
        raise ValueError(f"{page.name} has no block '<!-- bench: {name} -->' … '<!-- end -->'.")
    page.write_text(text)
    plots = page.parent / "plots"
    plots.mkdir(exist_ok=True)
    for plot in _plots(sections):
        (plots / f"{plot.name}.svg").write_text(plot.svg)


def missed(sections: Sequence[Section]) -> list[Goal]:
    """Return the goals about counts that are not met."""
    return [goal for section in sections for goal in section.goals if goal.exact and not goal.met]


def exact(sections: Sequence[Section]) -> int:
    """Return how many goals there are about counts."""
    return sum(goal.exact for section in sections for goal in section.goals)


def _parts(name: str, section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield f"`make bench ONLY={name}`"
    for part in section.parts:
        yield _part(part)
    if section.goals:
        yield _table(Table(("goal", "measured", ""), [_goal(goal) for goal in section.goals]))


def _part(part: str | Table | Plot) -> str:
    if isinstance(part, Table):
        return _table(part)
    return f"![{part.shows}](plots/{part.name}.svg)" if isinstance(part, Plot) else part


def _goal(goal: Goal) -> tuple[str, str, str]:
    return goal.what, goal.measured, "met" if goal.met else "**missed**"


def _table(table: Table) -> str:
    sides = ["--:" if any(_is_number(row[at]) for row in table.rows) else "---" for at in range(len(table.columns))]
    lines = [table.columns, sides, *table.rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) or bool(re.match(r"[$×≤]?\d", cell or ""))


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else significant(value)


def significant(value: float) -> str:
    """Return a number with three significant digits, or all that are before its point."""
    before = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, 2 - before)}f}"


def _plots(sections: Sequence[Section]) -> Iterator[Plot]:
    return (part for section in sections for part in section.parts if isinstance(part, Plot))
