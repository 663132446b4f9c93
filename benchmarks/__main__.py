"""``python -m benchmarks [--quick] [name …]``: run benches, and write their blocks of docs/performance.md."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from benchmarks import report
from benchmarks.report import Section


def main() -> int:
    """Run the benches; return 1 when a goal about counts is missed."""
    asked = _arguments()
    problems = [problem for name in asked.names or report.names() for problem in _run(name, asked.quick)]
    for problem in problems:
        print(f"✗ {problem}", file=sys.stderr)
    return len(problems[:1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less work, the same checks; print, write nothing")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(report.names())} (default: all)")
    return parser.parse_args()


def _run(name: str, quick: bool) -> list[str]:
    sections: Sequence[Section] = importlib.import_module(f"benchmarks.{name}").run(quick)
    if quick:
        print(report.markdown(name, sections), end="\n\n")
    else:
        report.write(name, sections)
    nothing = [] if report.exact(sections) else [f"{name}: no goal is about counts, so that nothing was checked"]
    return nothing + [f"{name}: {goal.what}: {goal.measured}" for goal in report.missed(sections)]


if __name__ == "__main__":
    sys.exit(main())
