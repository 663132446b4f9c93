"""``make test``: its parts side by side, each line with its part's name, and one table at the end."""

import argparse
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from subprocess import PIPE, STDOUT
from typing import Any

from rich.table import Table

from tools import children, signals
from tools.screen import console
from tools.signals import Stopped

_SUMMARY = re.compile(r"\bin [\d.]+s\b")
_COUNTED = re.compile(r"(\d+) (?:passed|failed|errors?|xfailed|skipped)\b")
_FAILED = ("FAILED ", "ERROR ")
"""How lines of pytest's summary begin."""
# What a part starts may have a local AWS to stop, and a Terraform to wait for.
_END_SECONDS = 60


@dataclass(frozen=True)
class Part:
    """A target of make that has ended; ``failed`` are the lines that say which of its tests have failed."""

    name: str
    good: bool
    tests: int
    seconds: float
    failed: tuple[str, ...] = ()


def tests_in(line: str) -> int:
    """Return how many tests a line of pytest's says to have run: those of its last line, which names the seconds."""
    return sum(map(int, _COUNTED.findall(line))) if _SUMMARY.search(line) else 0


def run(make: Sequence[str], target: str) -> Part:
    """Run a target of make, and print each of its lines with its name in front."""
    begun, tests, failed = time.monotonic(), 0, list[str]()
    _say(target, "begins")
    pipes: dict[str, Any] = {"stdout": PIPE, "stderr": STDOUT, "env": environment()}
    with children.started([*make, target], within=_END_SECONDS, **pipes) as process:
        for line in process.stdout or ():
            tests += tests_in(line)
            failed += [line.rstrip()] if line.startswith(_FAILED) else []
            _say(target, line.rstrip())
        good = process.wait() == 0
    return Part(target, good, tests, time.monotonic() - begun, tuple(failed))


def _say(target: str, line: str) -> None:
    # In one piece, for others write at the same time.
    with _one_at_a_time:
        sys.stdout.write(f"{target:<11} │ {line}\n")
        sys.stdout.flush()


_one_at_a_time = threading.Lock()


def environment() -> dict[str, str]:
    """Return the environment without the job server of the make that has started this, which is not handed on."""
    _, dashes, variables = os.environ.get("MAKEFLAGS", "").partition("-- ")
    return {**os.environ, "MAKEFLAGS": dashes + variables}


def table(parts: Sequence[Part]) -> Table:
    """Return what each part was like, and all of them together."""
    shown = Table("part", "")
    shown.add_column("tests", justify="right")
    shown.add_column("seconds", justify="right")
    for part in parts:
        end = "[green]passed" if part.good else "[red]failed"
        shown.add_row(part.name, end, f"{part.tests:,}" if part.tests else "", f"{part.seconds:.0f}")
    return shown


def main() -> int:
    """Run the parts that are named; return 0 when all of them pass."""
    parser = argparse.ArgumentParser(prog="make test", description=__doc__)
    parser.add_argument("--make", default="make", help="the make to call")
    parser.add_argument("--at-once", type=int, default=1, help="how many parts run at once")
    parser.add_argument("parts", nargs="+")
    given = parser.parse_args()
    begun = time.monotonic()
    try:
        with signals.cleaning_up():
            parts = _all(given.make, given.parts, given.at_once)
    except Stopped as stopped:
        return stopped.code
    console.print(table(parts))
    for line in (line for part in parts for line in part.failed):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"All in {time.monotonic() - begun:.0f} seconds.", highlight=False)
    return 0 if all(part.good for part in parts) else 1


def _all(make: str, targets: Sequence[str], at_once: int) -> list[Part]:
    return children.side_by_side(lambda target: run([make, "--no-print-directory"], target), targets, at_once)


if __name__ == "__main__":
    sys.exit(main())
