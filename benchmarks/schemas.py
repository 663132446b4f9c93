"""What does it take to check a webhook's body by its schema, when somebody means it badly?"""

import time
import tracemalloc
from dataclasses import dataclass
from typing import Any

from benchmarks.report import Goal, Section, Table
from sfn_callback.approvals import schema
from testing.heavy_schemas import HEAVY

_MOST_SECONDS, _MOST_MB = schema.MAX_SECONDS * 1.1, 40
_TEXT = (
    "Bodies of up to 256 KiB, each with a schema within the limits that makes it expensive. A check stops after"
    f" {schema.MAX_SECONDS:g} seconds of CPU time, and the body is refused. Memory is what Python allocates during the"
    " check."
)


@dataclass(frozen=True)
class Checked:
    """A check: the processor's seconds, the bytes at the most, and what was said."""

    name: str
    seconds: float
    peak: int
    reasons: list[str]


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    # In short only some: a unit test has the memory of each.
    checked = [_checked(name, twice=not quick) for name in list(HEAVY)[: 2 if quick else None]]
    seconds, peak = max(one.seconds for one in checked), max(one.peak for one in checked)
    rows = [(one.name, one.seconds, one.peak / 1e6, len(one.reasons)) for one in checked]
    columns = ("schema", "CPU seconds", "MB", "reasons")
    goals = [
        Goal(f"≤ {_MOST_SECONDS:.1f} CPU seconds", f"{seconds:.2f}", seconds <= _MOST_SECONDS, exact=False),
        Goal(f"≤ {_MOST_MB} MB", f"{peak / 1e6:.1f}", peak <= _MOST_MB * 1e6),
    ]
    return [Section("Checking a webhook's body against a schema", [_TEXT, Table(columns, rows)], goals)]


def _checked(name: str, *, twice: bool) -> Checked:
    wanted, content = HEAVY[name]
    schema.check(wanted)
    # Tracing takes time of its own.
    seconds = _seconds(wanted, content) if twice else 0.0
    tracemalloc.start()
    reasons = schema.problems(wanted, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Checked(name, seconds, peak, reasons)


def _seconds(wanted: dict[str, Any], content: Any) -> float:
    began = time.process_time()
    schema.problems(wanted, content)
    return time.process_time() - began
