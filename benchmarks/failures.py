"""What do chunks cost that fail by the thousand, in write units and in answers, and when is the verdict there?"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from unittest import mock

from benchmarks.billing.capacity import write_units
from benchmarks.billing.prices import WRITE_UNIT
from benchmarks.fanins import run as fanins
from benchmarks.fanins.alternative import TOKEN
from benchmarks.fanins.this_project import MeteredLedger
from benchmarks.report import Cell, Goal, Section, Table
from sfn_callback.fanin import protocol, verdict
from sfn_callback.fanin.items import GROUP_SIZE
from testing.task_tokens import FakeStepFunctions

_SIZES = (1_000, 10_000, 100_000)
_TOLERANCES: dict[str, Callable[[int], int]] = {
    "0": lambda _: 0,
    "100": lambda _: 100,
    "50,000": lambda _: 50_000,
    "10 %": lambda chunks: verdict.tolerated_slots(chunks, None, 10),
}
_REASON = "chunk 00000000: RuntimeError: ".ljust(256, "x")
_MOST_UNITS, _MOST_BYTES = 3, 64 * 1024
_EXACT, _LATE = 100, 64 / 49
_TEXT = (
    "Jobs whose chunks all fail, one after the other, while the machine waits. Earlier versions kept the reasons in "
    "the groups' items and the failed slots in the job's item, and each failure after the verdict sent the token "
    "again: these figures are computed from the sizes of those items."
)


@dataclass(frozen=True)
class Failed:
    """A job of so many chunks that all failed, and what was counted; ``verdict`` is after so many failures."""

    chunks: int
    tolerance: str
    tolerated: int
    units: int
    requests: int
    largest: int
    answers: int
    verdict: int | None


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    asked = [(chunks, tolerance) for chunks in _SIZES[: 2 if quick else 3] for tolerance in _TOLERANCES]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        failed = list(pool.map(_failed, *zip(*asked, strict=True)))
    columns = (
        "chunks", "tolerated", "write units a failed chunk", "before", "requests", "bytes of an item, at most",
        "answers sent", "before", "verdict after",
    )  # fmt: skip
    return [Section("When chunks fail", [_TEXT, Table(columns, list(map(_row, failed)))], list(_goals(failed)))]


def _failed(chunks: int, tolerance: str) -> Failed:
    items, machine, tolerated = MeteredLedger(), FakeStepFunctions(), _TOLERANCES[tolerance](chunks)
    job = fanins.job(chunks)
    machine.wait(TOKEN)
    verdict = None
    with mock.patch("sfn_callback.aws.clients.stepfunctions", lambda: machine), fanins.silence:
        protocol.seal(items, job, chunks, tolerated)
        protocol.wait(items, job, TOKEN)
        for count in range(1, chunks + 1):
            protocol.chunk_failed(items, job, count - 1, _REASON)
            verdict = verdict or (count if machine.verdicts else None)
    units, requests = items.usage.units[WRITE_UNIT], items.usage.requests.total()
    largest = max(items.sizes.values())
    return Failed(chunks, tolerance, tolerated, units, requests, largest, machine.calls, verdict)


def _row(one: Failed) -> list[Cell]:
    before = max(one.chunks - one.tolerated, 1)
    units = one.units / one.chunks, _units_before(one.chunks, one.tolerated) / one.chunks
    return [
        one.chunks, one.tolerance, *units, one.requests / one.chunks, one.largest, one.answers, before, one.verdict,
    ]  # fmt: skip


def _units_before(chunks: int, tolerated: int) -> int:
    """Return what it cost when a group's item had its reasons, and the job's the failed slots that are tolerated."""
    reasons = sum(write_units(0, 100 + (count % GROUP_SIZE + 1) * (len(_REASON) + 14)) for count in range(chunks))
    slots = Counter(min(count, tolerated + 1) for count in range(1, chunks + 1))
    return reasons + sum(write_units(0, 2_300 + 5 * slot) * times for slot, times in slots.items())


def _goals(failed: list[Failed]) -> Iterator[Goal]:
    units = max(one.units / one.chunks for one in failed)
    yield Goal(f"≤ {_MOST_UNITS} write units a failed chunk", f"{units:.2f}", units <= _MOST_UNITS)
    largest = max(one.largest for one in failed)
    yield Goal("no item over 64 KB", f"{largest:,} bytes", largest <= _MOST_BYTES)
    answers = max(one.answers for one in failed)
    yield Goal("one answer to the token, however many chunks fail", f"{answers} at the most", answers == 1)
    late = [one for one in failed if not _in_time(one)]
    what = (
        f"the verdict comes with the first failure too many up to {_EXACT} tolerated, and before 64/49 of that beyond"
    )
    yield Goal(what, f"not of {late[0].chunks:,}, {late[0].tolerance}" if late else "all sizes", not late)


def _in_time(one: Failed) -> bool:
    if one.verdict is None or one.tolerated >= one.chunks:
        return (one.verdict == one.chunks) == (one.tolerated >= one.chunks)
    if one.tolerated <= _EXACT:
        return one.verdict == one.tolerated + 1
    return one.tolerated < one.verdict <= min((one.tolerated + 1) * _LATE, one.chunks)
