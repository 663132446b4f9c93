"""How fast do the splitter and the merger stream, and in how much memory, whatever a document's size and shape?"""

from collections.abc import Iterable, Iterator

from benchmarks.report import Cell, Goal, Section, Table, significant
from benchmarks.streaming import bounds, tasks
from benchmarks.streaming.bounds import Taken, bounded
from benchmarks.streaming.process import Took
from benchmarks.streaming.storage import MB
from sfn_callback.aws.ranges import RANGE_BYTES
from sfn_callback.documents.bucket import WORKERS

_SIZES = (1_024, 100, 1)
_ODD_MB = 128
_MOST_CHUNKS = 5_000
_CHUNKS = 20 * WORKERS
_SLOW = {1024: 240, 100 * 1024: 240, MB: 96, 5 * MB: 24, 20 * MB: 8, 200 * MB: 4}
_SLOW_QUICKLY = {MB: 2}

_STREAMS = (
    "Chunks of 256 KB; the workload only cuts and joins. Botocore builds each request in full, and the answer comes "
    "where it would be sent, at 40 MB a second. Each run is a process of its own; its memory is its peak above a "
    "process that is ready and has its clients."
)
_BESIDE = (
    "Chunks of 4 KB, compared with a loop of `put_object` or `get_object`. Round trips are counted by holding "
    "requests until as many are under way as can be. Then each takes 20 ms, and the time of a chunk, CPU time "
    "included, is given in round trips. With less than a whole processor, a function is limited by the chunks that it "
    "handles in a CPU second."
)
_ODD = (
    "Documents of {} MB, which the demo workload splits into chunks of about 256 KB. In the last one each paragraph "
    "is a chunk: it is refused as soon as it has more than `max_chunks`, which is {:,} here."
)


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    sizes = (4,) if quick else _SIZES
    megabytes, most, chunks = (1, 500, 2 * WORKERS) if quick else (_ODD_MB, _MOST_CHUNKS, _CHUNKS)
    # One after the other: these are timed. The others wait for their network, most of the time.
    beside = {name: tasks.apart(task) for name, task in tasks.beside(chunks).items()}
    streams = tasks.side_by_side({name: task for size in sizes for name, task in tasks.sized(size).items()})
    odd = tasks.side_by_side(tasks.odd(megabytes, most))
    return [
        _sized(streams, sorted(sizes)),
        _slow(quick),
        _large(*((72, 1) if quick else (1_024, 2))),
        _beside(beside, chunks),
        Section("Hostile documents", [_ODD.format(megabytes, most), _shapes(odd)], [bounded(odd)]),
    ]


def _slow(quick: bool) -> Section:
    seconds, sizes = (0.1, _SLOW_QUICKLY) if quick else (0.5, _SLOW)
    took = {size: tasks.side_by_side(tasks.slow(size, chunks, seconds)) for size, chunks in sizes.items()}
    return bounds.slow(took, seconds)


def _large(megabytes: int, chunks: int) -> Section:
    failed = tasks.side_by_side(tasks.failing(72))
    return bounds.large(tasks.side_by_side(tasks.large(megabytes, chunks)), failed, megabytes)


def _sized(took: Taken, sizes: list[int]) -> Section:
    table = Table(
        ("", "MB", "chunks", "chunks a CPU second", "memory, MB"),
        [_size(do, size, took[f"{do} {size}"]) for do in ("split", "merge") for size in sizes],
    )
    goals = [bounded(took), _requests(took, sizes)]
    return Section("Splitter and merger", [_STREAMS, table], goals)


def _size(do: str, size: int, took: Took) -> list[Cell]:
    chunks = size * MB // tasks.CHUNK
    return [do, size, chunks, round(chunks / took.cpu_seconds), round(took.memory_mb)]


def _requests(took: Taken, sizes: Iterable[int]) -> Goal:
    wrong = [size for size in sizes if sum(took[f"split {size}"].requests.values()) != _expected(size)]
    what = "a split sends one request a chunk, one for each 8 MB that it reads, and three of the job's"
    return Goal(what, f"not at {wrong}" if wrong else "all sizes", not wrong)


def _expected(size: int) -> int:
    return -(-_whole(size) // tasks.CHUNK) + -(-_whole(size) // RANGE_BYTES) + 3


def _whole(size: int) -> int:
    return size * MB // tasks.PARAGRAPH_BYTES * tasks.PARAGRAPH_BYTES


def _beside(took: Taken, chunks: int) -> Section:
    table = Table(
        ("", "round trips, counted", "of the loop", "round trips' worth a chunk", "of the loop", "ratio"),
        [_row(do, took, chunks) for do in ("split", "merge")],
    )
    return Section("Compared with a plain loop", [_BESIDE, table], list(_goals(took, chunks)))


def _row(do: str, took: Taken, chunks: int) -> list[Cell]:
    ours, plain = _worth(took[f"{do} slow"]), _worth(took[f"{do} plain"])
    return [f"{do}, {chunks} chunks", took[f"{do} held"].round_trips, chunks, ours, plain, f"{plain / ours:.1f}"]


def _worth(took: Took) -> float:
    return took.wall_seconds / tasks.LATENCY / took.chunks


def _goals(took: Taken, chunks: int) -> Iterator[Goal]:
    times = [_worth(took[f"{do} plain"]) / _worth(took[f"{do} slow"]) for do in ("split", "merge")]
    yield Goal("≥ 5 times as fast as the loop", f"{significant(min(times))} times", min(times) >= 5, exact=False)
    rounds = [took[f"{do} held"].round_trips for do in ("split", "merge")]
    what = f"a round trip has {WORKERS} chunks"
    yield Goal(what, f"{rounds[0]} and {rounds[1]} for {chunks} chunks", {*rounds} == {chunks // WORKERS})


def _shapes(took: Taken) -> Table:
    rows: list[list[Cell]] = [
        [what, "refused" if one.ended_with else one.chunks, round(one.memory_mb)] for what, one in took.items()
    ]
    return Table(("document", "chunks", "memory, MB"), rows)
