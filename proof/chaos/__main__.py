"""``python -m proof.chaos [--seed N]``: the documents workflow under force, on a local AWS of its own.

Prints what was injected and what was seen; returns 0 when every execution has ended right, every result is right byte
for byte, nothing is left open in the ledger, and each kind of force was applied.
"""

import argparse
import random
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from emulator import aws
from proof.chaos import texts
from proof.chaos.fault_plan import Plan
from proof.chaos.instance import Place
from proof.chaos.killer import OPTIONS
from proof.chaos.run import Load, Report, run
from tools.screen import console, counted
from tools.terraform import Root

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / ".local" / "force"
_INSTANCE = "force"
_SHOWN = 20


def main() -> int:
    """Run it all; return 0 when nothing is wrong."""
    # A stop from outside stops the local AWS too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    seed = _seed()
    console.print(f"Seed {seed}. What is drawn from it is the same each time; how processes and requests fall is not.")
    with _applied() as place:
        reports = {name: _run(place, name, load) for name, load in _loads(seed).items()}
    console.print(_table(reports))
    wrong = [line for name, report in reports.items() for line in _wrong(name, report)]
    for line in wrong[:_SHOWN]:
        console.print(f"[red]✗[/] {escape(line)}")
    return 1 if wrong else 0


def _seed() -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="the one of an earlier run")
    return int(parser.parse_args().seed)


def _loads(seed: int) -> dict[str, Load]:
    chance = random.Random(seed)
    plan = Plan(_INSTANCE, seed, twice=True, late_seconds=1, throttled=0.06, lost=0.04)
    return {
        # More than the 256 chunks that make one group of the ledger.
        "one of 260 chunks": Load([texts.write("large.txt", 260, chance)], plan, kills=25, pause_seconds=0.6),
        "20 at once": Load(
            [texts.write(f"small-{number}.txt", 12, chance) for number in range(20)], plan, kills=25, pause_seconds=0.6
        ),
    }


@contextmanager
def _applied() -> Iterator[Place]:
    aws.stop_left(FOLDER / "aws")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with aws.running(FOLDER / "aws", **OPTIONS) as local:
        root = Root(HERE / "stack", FOLDER / "terraform", local.environment, {})
        root.init()
        with counted("terraform apply") as count:
            outputs = root.apply(count)
        yield Place(local, _INSTANCE, outputs["callback"])


def _run(place: Place, name: str, load: Load) -> Report:
    with console.status(f"Documents under force: {name} …"):
        return run(place, load)


def _table(reports: Mapping[str, Report]) -> Table:
    table = Table(title="Documents under force", title_justify="left")
    table.add_column("")
    for name in (*reports, "in all"):
        table.add_column(name, justify="right")
    some = next(iter(reports.values()))
    for section in ("injected", "seen", "problems"):
        for row in getattr(some, section):
            counts = [_count(getattr(report, section)[row]) for report in reports.values()]
            table.add_row(row, *(f"{count:,}" for count in (*counts, sum(counts))))
        table.add_section()
    return table


def _count(of: int | list[str]) -> int:
    return of if isinstance(of, int) else len(of)


def _wrong(name: str, report: Report) -> list[str]:
    found = [f"{name}: {kind}: {problem}" for kind, problems in report.problems.items() for problem in problems]
    return found + [f"{name}: never injected: {missed}" for missed in report.missed]


if __name__ == "__main__":
    sys.exit(main())
