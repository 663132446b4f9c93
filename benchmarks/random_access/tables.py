"""What the bench ``seeks`` says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.random_access.process import SETS, Counted
from benchmarks.random_access.readers import ALL, WAYS
from benchmarks.report import Cell, Goal, Table, significant
from sfn_callback.aws.ranges import KEPT, RANGE_BYTES

_MIB = RANGE_BYTES // 1024**2
_MOST_ASKED, _MOST_MB, _MOST_CPU = 1.25, 64, 1.2

_ASKED = (
    f"A document is read in ranges of {_MIB} MiB. One range is kept while a reader reads from front to back, and the"
    f" last {KEPT} once it has jumped. The readers are pypdf, zipfile, openpyxl (`read_only`) and pyarrow. Botocore"
    " builds each request in full, and the answer comes where it would be sent. All readers return the same as with a"
    " local file."
)
_WAYS = (
    "A range that a reader needs again after it was dropped is requested again. Unless it is `strict`, pypdf looks at "
    "the beginning of each object of the file; and `reader.pages` reads all pages' objects before the first page, so "
    "the PDF of the first table walks the tree of pages itself. openpyxl looks at the beginning of each sheet."
)
_TOOK = (
    "Files of {} MB. The library's memory is its peak with a local file, above a process that has imported the "
    "library; ours is what this project's file adds. pypdf keeps each object that it has read, so "
    "`reader.resolved_objects` is cleared after each page here. CPU seconds are the least of {}, in turn, in one "
    "process; decryption would be added. zipfile does little with stored members, and pyarrow with columns that are "
    "not compressed."
)
_OTHERS = (
    "The reads of these libraries from a local file, replayed against other numbers and sizes of ranges: requests, "
    "and megabytes fetched. Earlier versions could not seek."
)

At = tuple[str, int]
"""A way of reading, or a kind of files; and megabytes."""


@dataclass(frozen=True, slots=True)
class Memory:
    """MB that reading took, of a local file and of one on S3."""

    local: float
    served: float


def asked(careful: Mapping[At, Counted], alike: Mapping[str, Counted]) -> list[str | Table]:
    """Say what is asked for, of files of all sizes; and in other ways, of files of one size."""
    columns = ("", "MB", f"ranges of {_MIB} MiB", "GetObject", "ratio", "MB fetched")
    order = sorted(careful, key=lambda at: ([*WAYS].index(at[0]), at[1]))
    rows = [_row(way, careful[way, much]) for way, much in order]
    others = [_row(way, one) for way, one in alike.items() if way not in WAYS]
    parts: list[str | Table] = [_ASKED, Table(columns, rows)]
    return [*parts, _WAYS, Table(columns, others)] if others else parts


def _row(way: str, one: Counted) -> list[Cell]:
    return [ALL[way].how, round(one.size / 1024**2), _blocks(one), one.asked, _ratio(one), one.megabytes]


def _blocks(one: Counted) -> int:
    return -(-one.size // RANGE_BYTES)


def _ratio(one: Counted) -> float:
    return one.asked / _blocks(one)


def few(careful: Mapping[At, Counted]) -> Goal:
    """Return the goal of so many requests."""
    way, much = max(careful, key=lambda at: _ratio(careful[at]))
    most = _ratio(careful[way, much])
    what = f"≤ {_MOST_ASKED} times as many requests as the file has ranges"
    return Goal(what, f"{significant(most)} at the most ({way}, {much} MB)", most <= _MOST_ASKED)


def took(alike: Mapping[str, Counted], used: Mapping[str, Memory], size: int, runs: int) -> list[str | Table]:
    """Say what reading takes."""
    columns = ("", "the library's memory, MB", "ours, MB", "its CPU seconds", "with our file", "ratio")
    rows: list[list[Cell]] = [
        [ALL[way].how, round(one.local), round(one.served - one.local), *alike[way].seconds, _cpu(alike[way])]
        for way, one in used.items()
    ]
    return [_TOOK.format(size, "one run" if runs == 1 else f"{runs} runs"), Table(columns, rows)]


def _cpu(one: Counted) -> float:
    local, served = one.seconds
    return served / local


def little(alike: Mapping[str, Counted], used: Mapping[str, Memory]) -> Iterator[Goal]:
    """Yield the goals of memory and time."""
    way = max(used, key=lambda way: used[way].served - used[way].local)
    most = used[way].served - used[way].local
    yield Goal(f"≤ {_MOST_MB} MB of memory for our file", f"{most:.0f} MB at the most ({way})", most <= _MOST_MB, False)
    way = max(used, key=lambda way: _cpu(alike[way]))
    most = _cpu(alike[way])
    local, served = alike[way].seconds
    added = significant(1_000 * (served - local) / (alike[way].size / 1024**2))
    measured = f"{significant(most)} at the most ({way}: {added} ms more a MB)"
    yield Goal(f"≤ {_MOST_CPU} times a local file's CPU seconds", measured, most <= _MOST_CPU, False)


def others(alike: Mapping[str, Counted]) -> Sequence[str | Table]:
    """Say what other ranges would ask for."""
    columns = ("", "before", *(f"{kept} × {mebibytes} MiB" for kept, mebibytes in SETS))
    rows = [
        [ALL[way].how, "cannot", *(f"{count:,}: {megabytes:,} MB" for count, megabytes in one.replayed)]
        for way, one in alike.items()
    ]
    return [_OTHERS, Table(columns, rows)]
