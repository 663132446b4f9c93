"""How much faster do the parts of a document split and merge than one function does, and in how much memory?"""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

from benchmarks.report import Cell, Goal, Section, Table
from benchmarks.simulation import quotas as q
from benchmarks.streaming import bounds, tasks
from benchmarks.streaming.process import Task, Took
from sfn_callback.aws.ranges import RANGE_BYTES
from sfn_callback.documents.bucket import WORKERS

_PARTS = (1, 4, 16, 64)
_CHUNKS, _RESULTS = 15_360, 9_600
_MILLION = 1_000_000
_RESULT_BYTES = 100
_OTHERS = ("HeadObject", "GetObject", "UpdateItem")

_SPLIT = (
    "A document of {:,} chunks of 4 KB is split by one function, and by one function for each part, each in a process "
    "of its own. Botocore builds each request in full, and the answer comes where it would be sent. The machine has "
    "fewer cores than there are parts, so the time of a part is its CPU time, or the time of its round trips (20 ms, "
    "24 chunks in each) if that is longer. The time of a job is that of its slowest part. A document that is not "
    "larger than `parts.over_mb` makes the same requests and transitions as without `parts` "
    "(`tests/functional/test_parts.py` counts them)."
)
_MERGE = (
    "Computed from counted requests and measured CPU time, with {:,} results; each function has 1,769 MB, which is "
    "one processor. The last column uses the CPU time that the simulation assumes. Each part's `merge` writes one "
    "object, and the parent's reads these at 40 MB a second."
)
_TIME = (
    "The least of three runs. Sending and encrypting requests is not included: the simulation, the limit of "
    "`max_chunks` and a plan's warning leave about as much time again for that."
)


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    counts, chunks, results = (_PARTS[:2], 480, 480) if quick else (_PARTS, _CHUNKS, _RESULTS)
    split = {parts: _each_of(parts, _part(chunks // parts)) for parts in counts}
    least = {do: _least(task, 1 if quick else 3) for do, task in _alone(results).items()}
    return [
        Section("Split in parts", [_SPLIT.format(chunks), _splits(split)], list(_split_goals(split, quick))),
        Section("A million results, merged", [_MERGE.format(results), _merges(least)], list(_merge_goals(least))),
        Section("Processor time of a chunk", [_TIME, _times(least)], [_time_goal(least)]),
    ]


def _part(chunks: int) -> Task:
    return Task("split", chunk_bytes=tasks.SMALL, storage={"size": chunks * tasks.SMALL})


def _alone(results: int) -> dict[str, Task]:
    small = {"results": results, "result_bytes": _RESULT_BYTES}
    size = _MILLION * _RESULT_BYTES // q.PARTS
    whole = {"results": q.PARTS, "result_bytes": size, "bytes_a_second": tasks.NETWORK}
    return {
        "split": _part(results),
        "redrive": Task("redrive", storage=small),
        "merge": Task("merge", function_mb=1_024, storage=small),
        "merge_parts": Task("merge", function_mb=1_024, storage=whole),
    }


def _each_of(parts: int, task: Task) -> list[Took]:
    return list(tasks.side_by_side({str(part): task for part in range(parts)}).values())


def _least(task: Task, runs: int) -> Took:
    return min((tasks.apart(task) for _ in range(runs)), key=lambda took: took.cpu_seconds)


def _splits(split: Mapping[int, Sequence[Took]]) -> Table:
    columns = ("parts", "chunks a second", "÷ one function", "requests", "memory of a part, MB")
    return Table(columns, [_split_row(split, parts) for parts in split])


def _split_row(split: Mapping[int, Sequence[Took]], parts: int) -> list[Cell]:
    memory = round(max(took.memory_mb for took in split[parts]))
    speed = a_second(split[parts])
    return [parts, round(speed), speed / a_second(split[1]), sum(map(_requests, split[parts])), memory]


def a_second(parts: Sequence[Took]) -> float:
    """Return the chunks a second of a job of these parts: it is as slow as its slowest."""
    return sum(took.chunks for took in parts) / max(map(seconds, parts))


def seconds(took: Took) -> float:
    """Return how long a part takes: the processor, or the round trips where they take longer."""
    trips = ceil(took.chunks / WORKERS) + sum(took.requests[operation] for operation in _OTHERS)
    return max(took.cpu_seconds, trips * tasks.LATENCY)


def _requests(took: Took) -> int:
    return sum(took.requests.values())


def _split_goals(split: Mapping[int, Sequence[Took]], quick: bool) -> Iterator[Goal]:
    most = max(split)
    ratio = a_second(split[most]) / a_second(split[1])
    at_least = 2 if quick else 16
    yield Goal(
        f"≥ {at_least} times one function's chunks a second, {most} parts", f"{ratio:.1f}", ratio >= at_least, False
    )
    wrong = [parts for parts, took in split.items() if sum(map(_requests, took)) != _expected(took)]
    what = "one request a chunk, one for each 8 MB that a part reads, and three of each part's"
    yield Goal(what, f"not with {wrong}" if wrong else "all", not wrong)
    yield bounds.bounded({f"{parts} parts": max(took, key=lambda one: one.memory_mb) for parts, took in split.items()})


def _expected(parts: Sequence[Took]) -> int:
    return sum(took.chunks + ceil(took.chunks * tasks.SMALL / RANGE_BYTES) + 3 for took in parts)


def _merges(least: Mapping[str, Took]) -> Table:
    measured = _cpu(least["merge"])
    rows: list[list[Cell]] = [
        [what, results, _merge_requests(results), _time(results * measured), _time(results * q.MERGE_CPU)]
        for what, results in _merged().items()
    ]
    return Table(("", "results", "requests", "measured", "in the simulation"), rows)


def _merged() -> dict[str, int]:
    return {
        "one function": _MILLION,
        f"each of {q.PARTS} parts": _MILLION // q.PARTS,
        "the parent, afterwards": q.PARTS,
    }


def _merge_requests(results: int) -> int:
    """Return the results', their lists' and one of what is merged; the parent asks for its parts' counts as well."""
    return results + ceil(results / 1_000) + 1 + (results if results == q.PARTS else 0)


def _merge_goals(least: Mapping[str, Took]) -> Iterator[Goal]:
    longest = max(results for what, results in _merged().items() if what != "one function") * q.MERGE_CPU
    yield Goal("≤ 5 minutes for every function of a job in parts", _time(longest), longest <= 300)
    one = least["merge"]
    expected = ceil(one.chunks / 1_000) + one.chunks
    found = one.requests["ListObjectsV2"] + one.requests["GetObject"]
    yield Goal(
        "one request a result, and one for each 1,000", "all" if found == expected else str(found), found == expected
    )
    yield bounds.bounded({"the parent's merge": least["merge_parts"]})


def _times(least: Mapping[str, Took]) -> Table:
    rows: list[list[Cell]] = [
        [f"`{do}`", f"{1_000 * _cpu(least[do]):.2f}", f"{1_000 * cpu:.2f}"] for do, cpu in q.CPU_SECONDS.items()
    ]
    return Table(("", "ms a chunk, measured", "in the simulation"), rows)


def _time_goal(least: Mapping[str, Took]) -> Goal:
    above = [do for do, cpu in q.CPU_SECONDS.items() if _cpu(least[do]) > cpu]
    return Goal(
        "no more than in the simulation", f"more: {', '.join(above)}" if above else "all", not above, exact=False
    )


def _cpu(took: Took) -> float:
    return took.cpu_seconds / took.chunks


def _time(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds < 120 else f"{seconds / 60:,.1f} min"
