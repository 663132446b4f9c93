"""``python -m proof``: run the simulator; print what was run, injected and found."""

import argparse
import sys

from rich import box
from rich.console import Console
from rich.table import Table

from proof.simulator import trials
from proof.simulator.invariants import AGAIN, STUCK, TOO_EARLY, WRONG
from proof.simulator.random_schedules import Tally
from proof.simulator.rival_protocols import USUAL
from proof.simulator.trials import FULL, LIMITED, OURS, SWEPT, TINY, Results, Size

_console = Console(width=None if sys.stdout.isatty() else 120)
_KINDS = (TOO_EARLY, STUCK, WRONG, AGAIN)


def main() -> int:
    """Run as many schedules as asked for; return 0 when all is as it must be."""
    results = trials.run(_size())
    _explored(results)
    _tried(results)
    _injected(results)
    problems = list(results.problems())
    for problem in problems:
        _console.print(f"[red]✗ {problem}")
    return len(problems[:1])


def _size() -> Size:
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    parser.add_argument("--schedules", type=int, default=FULL.short, help="random schedules of ours (default: 100,000)")
    asked = parser.parse_args().schedules
    return Size(short=asked, boundaries=max(asked // 50, 1), others=max(asked // 10, 1))


def _explored(results: Results) -> None:
    table = _table("Every order of all requests, with at most one fault anywhere", "chunks", "tolerated")
    for name in ("states", "steps", "violations"):
        table.add_column(name, justify="right")
    for case, seen in results.explored:
        numbers = (case.tolerated, seen.states, seen.steps, seen.violations.total())
        table.add_row(
            (", ".join(case.chunks) or "none") + ", durable" * case.durable, *(f"{number:,}" for number in numbers)
        )
    _console.print(table)


def _tried(results: Results) -> None:
    table = _table("Random schedules, the same seeds for all", "protocol")
    for name in ("schedules", "verdicts", *_KINDS):
        table.add_column(name, justify="right")
    table.add_row(*_row(f"[bold]{OURS}", results.real))
    table.add_row(*_row("[bold]ours, 255 to 513 chunks", results.boundaries))
    table.add_row(*_row(f"[bold]{SWEPT}", results.swept))
    table.add_row(*_row(f"[bold]{TINY}", results.tiny))
    table.add_row(*_row(f"[bold]{LIMITED}", results.limited), end_section=True)
    for name, tally in (*results.reported.items(), *results.durable.items()):
        table.add_row(*_row(f"[bold]{name}", tally))
    table.add_section()
    for name, tally in results.others.items():
        table.add_row(*_row(name if name in USUAL else f"ours, but: {name}", tally))
    _console.print(table)


def _row(name: str, tally: Tally) -> list[str]:
    verdicts = sum(tally.ends[end] for end in ("SUCCEEDED", "ChunksFailed"))
    counts = (tally.schedules, verdicts, *(tally.violations[kind] for kind in _KINDS))
    return [name, *(f"{count:,}" for count in counts)]


def _injected(results: Results) -> None:
    injected = results.real.faults + results.boundaries.faults
    table = _table("What went wrong in ours, on purpose", "fault")
    table.add_column("times", justify="right")
    for fault, times in injected.most_common():
        table.add_row(fault, f"{times:,}")
    table.add_row("request too many, of those with quotas", f"{results.limited.refused:,}")
    table.add_section()
    table.add_row("all", f"{injected.total():,}")
    table.add_row("requests and deliveries", f"{results.real.steps + results.boundaries.steps:,}")
    _console.print(table)


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left", box=box.SIMPLE)


if __name__ == "__main__":
    sys.exit(main())
