"""What is bounded of the splitter and the merger: memory at any size of the chunks, and what an upload leaves."""

from collections.abc import Mapping

from benchmarks.report import Cell, Goal, Section, Table
from benchmarks.streaming.process import Took
from benchmarks.streaming.storage import MB
from sfn_callback.aws.ranges import RANGE_BYTES
from sfn_callback.aws.uploads import PART_BYTES

MOST_MB = 64
_READ_AT_MOST = 6
"""Ranges of a body of nine that fails in its sixth, or whose upload fails in its third part."""

_SLOW = (
    "Each upload and each read of a result takes {} s; `split` has 512 MB, `merge` 1,024 MB. Chunks and results are "
    "bytes, so each is in memory as a whole: use files or iterables for large ones, as below."
)
_LARGE = (
    "Chunks of {:,} MB in functions of 256 MB: `split` yields iterables, or a file; `process` reads `chunk.open()`; "
    "`merge` reads `results.files()`. Then S3 refuses a part, or the workload fails in the middle of a body, and the "
    "uploaded parts are deleted."
)

Taken = Mapping[str, Took]


def bounded(took: Taken) -> Goal:
    """Return the goal of so much memory, whatever the task."""
    most = max(took, key=lambda name: took[name].memory_mb)
    measured = f"{took[most].memory_mb:.0f} MB at the most ({most})"
    return Goal(f"≤ {MOST_MB} MB of memory at any size", measured, took[most].memory_mb <= MOST_MB, exact=False)


def slow(took: Mapping[int, Taken], seconds: float) -> Section:
    """Say what was used for chunks of different sizes, in bytes."""
    rows: list[list[Cell]] = [
        [_name(size), *(round(one[do].memory_mb) for do in ("split", "merge")), round(_allowed(size))]
        for size, one in took.items()
    ]
    columns = ("chunks of", "split: memory, MB", "merge: memory, MB", "goal: at most")
    missed = [_name(size) for size, one in took.items() if max(_used(one)) > _allowed(size)]
    measured = f"not at {', '.join(missed)}" if missed else "all sizes"
    goal = Goal(f"≤ {MOST_MB} MB of memory, or three chunks", measured, not missed, exact=False)
    return Section("Memory by the size of the chunks", [_SLOW.format(seconds), Table(columns, rows)], [goal])


def large(took: Taken, failed: Taken, megabytes: int) -> Section:
    """Say what chunks that are larger than the memory took, and what is left of uploads that failed."""
    rows: list[list[Cell]] = [
        [what, *(one.requests.get(name, 0) for name in ("GetObject", "UploadPart")), round(one.memory_mb)]
        for what, one in took.items()
    ]
    table = Table(("", "GetObject", "UploadPart", "memory, MB"), rows)
    goals = [bounded({**took, **failed}), _requests(took, megabytes * MB // PART_BYTES), _taken_back(failed)]
    return Section("Chunks larger than the memory", [_LARGE.format(megabytes), table], goals)


def _name(size: int) -> str:
    return f"{size // MB} MB" if size >= MB else f"{size // 1024} KB"


def _allowed(size: int) -> float:
    return max(MOST_MB, 3 * size / MB)


def _used(took: Taken) -> list[float]:
    return [one.memory_mb for one in took.values()]


def _requests(took: Taken, parts: int) -> Goal:
    # All are cut into the same number of parts, and a large chunk is refused once before it is opened.
    wrong = [
        what
        for what, one in took.items()
        if one.requests["UploadPart"] % parts or one.requests["GetObject"] != one.requests["UploadPart"] + one.chunks
    ]
    what = f"a request for each {RANGE_BYTES // MB} MB that is read, and one for each {PART_BYTES // MB} MB written"
    return Goal(what, f"not in {', '.join(wrong)}" if wrong else "all", not wrong)


def _taken_back(failed: Taken) -> Goal:
    kept = [what for what, one in failed.items() if not _is_taken_back(one.requests)]
    what = "an upload that fails is aborted, and not completed, and the rest of its body is not read"
    return Goal(what, f"not in {', '.join(kept)}" if kept else f"{len(failed)} of {len(failed)}", not kept)


def _is_taken_back(requests: Mapping[str, int]) -> bool:
    begun, ended = requests.get("CreateMultipartUpload", 0), requests.get("AbortMultipartUpload", 0)
    return begun == ended == 1 and "CompleteMultipartUpload" not in requests and requests["GetObject"] <= _READ_AT_MOST
