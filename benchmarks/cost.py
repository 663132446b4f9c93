"""What does a chunk cost, in requests and in dollars: its fan-in, and all of it, beside the alternatives?"""

from collections.abc import Iterator, Sequence

from benchmarks.billing.prices import WRITE_UNIT
from benchmarks.fanins import cost_plot, whole_job
from benchmarks.fanins import results as counting
from benchmarks.fanins.alternative import Alternative, Counted
from benchmarks.fanins.distributed_map import KINDS
from benchmarks.fanins.results import ALTERNATIVES, MILLION, Results, computed
from benchmarks.fanins.whole_job import LONG, SHORT
from benchmarks.report import Cell, Goal, Section, Table
from sfn_callback.fanin.items import GROUP_SIZE

_JOB_REQUESTS = 4


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    results = counting.counted(quick)
    return [_fan_in(results), _beside(results), whole_job.section(results), whole_job.prices()]


def _fan_in(results: Results) -> Section:
    columns = (
        "chunks", "counted", "requests a chunk", "write units a chunk", "$ a million chunks",
        "writes of an item, at most", "its bytes, at most", "bytes of the job's",
    )  # fmt: skip
    rows = [_own_row(results, size) for size in results.this_project]
    text = (
        "After its work, a chunk updates its group once; each full group updates the job's item once. Each job, "
        "whatever its size, needs four more requests: the last group's size, the number of chunks, the token (here "
        "the longest possible, 2,048 bytes) and the verdict."
    )
    return Section("The fan-in", [text, Table(columns, rows)], list(_goals(results)))


def _own_row(results: Results, size: int) -> list[Cell]:
    one = results.this_project[size]
    where = "on moto" if size in results.on_moto else "in memory"
    return [size, where, *_a_chunk(one, size), _usd(one, size), one.hottest, one.largest, one.top[1]]


def _goals(results: Results) -> Iterator[Goal]:
    large = {size: job for size, job in results.this_project.items() if size >= 1_000}
    counts = [_a_chunk(job, size) for size, job in large.items()]
    yield _at_most("requests a chunk, from 1,000 chunks on", [requests for requests, _ in counts], 1.01)
    yield _at_most("write units a chunk, from 1,000 chunks on", [units for _, units in counts], 1.05)
    yield _small(results, "requests", 1.01)
    yield _small(results, "write units", 1.05)
    jobs = results.this_project.values()
    yield _at_most("writes of an item, but for the job's", [job.hottest for job in jobs], GROUP_SIZE + 1)
    yield _at_most("bytes of an item, but for the job's", [job.largest for job in jobs], 1_024)
    yield _at_most("requests in sequence from the last chunk's end to the resume", [job.last for job in jobs], 3)
    wrong = [size for size, job in results.this_project.items() if job.usage.requests.total() != _exactly(size)]
    yield Goal("one request a chunk, one a group begun, four a job, exactly", _where(wrong), not wrong)
    wrong = [size for size, job in results.on_moto.items() if results.in_memory[size] != job]
    yield Goal("memory counts what moto counts", _where(wrong), not wrong)


def _small(results: Results, what: str, limit: float) -> Goal:
    small = {size: counted for size, counted in results.this_project.items() if size < 1_000}
    counts = {size: _a_chunk(counted, size)[what == "write units"] for size, counted in small.items()}
    listing = ", ".join(f"{count:.2f} at {size}" for size, count in counts.items())
    measured = f"{listing}: few chunks share what is the job's"
    return Goal(f"≤ {limit} {what} a chunk, below 1,000 chunks", measured, max(counts.values()) <= limit, exact=False)


def _where(wrong: Sequence[object]) -> str:
    return f"not for {', '.join(map(str, wrong))}" if wrong else "all sizes"


def _exactly(chunks: int) -> int:
    return chunks + -(-chunks // GROUP_SIZE) + _JOB_REQUESTS


def _at_most(what: str, measured: Sequence[float], limit: float) -> Goal:
    return Goal(f"≤ {limit:,} {what}", f"{max(measured):,.4g}", max(measured) <= limit)


def _beside(results: Results) -> Section:
    columns = (
        "fan-in", "requests a chunk", "write units a chunk", "$ a million chunks, in jobs of 1,000", "of 10,000",
        "of 1,000,000", "requests from the last chunk to the resume", "survives duplicates and crashes",
    )  # fmt: skip
    rows = [_ours_row(results), *map(_row, ALTERNATIVES), *_map_rows()]
    wrong = counting.differing(results)
    goal = Goal("each alternative's formula is what was counted", _where(wrong), not wrong)
    text = (
        "Each alternative is a few lines ([dynamo.py](../benchmarks/fanins/dynamo.py), "
        "[s3.py](../benchmarks/fanins/s3.py)), run on moto and counted in the same way: up to 257 chunks where all "
        "markers are listed each time, and up to 1,000 or 10,000 elsewhere. Figures beyond that are computed by "
        "formulas that match every run. Requests and units are those of jobs of 1,000 chunks. Distributed Map is "
        "computed from its [documented billing](../benchmarks/fanins/distributed_map.py), with a task that takes as "
        "long as the work."
    )
    return Section("Compared with alternatives", [text, Table(columns, rows), cost_plot.plot(results)], [goal])


def _ours_row(results: Results) -> list[Cell]:
    at = {size: results.this_project.get(size) for size in (1_000, 10_000, MILLION)}
    one = results.this_project[1_000]
    costs = [_usd(one, size) if one else None for size, one in at.items()]
    return ["**this project**", *_a_chunk(one, 1_000), *costs, one.last, "yes"]


def _row(fanin: type[Alternative]) -> list[Cell]:
    at = {size: computed(fanin, size) for size in (1_000, 10_000, MILLION)}
    one = at[1_000]
    if one is None:
        raise ValueError(f"{fanin.name} cannot have 1,000 chunks")
    costs = [_usd(one, size) if one else "does not fit" for size, one in at.items()]
    return [fanin.title(), *_a_chunk(one, 1_000), *costs, one.last, "yes" if fanin.safe else "**no**"]


def _map_rows() -> Iterator[list[Cell]]:
    for kind in KINDS:
        for seconds in (SHORT, LONG) if kind.type == "Express" else (LONG,):
            cost = f"${kind.usage(MILLION, seconds).usd():,.2f}"
            work = f" ({seconds:g} s)" if kind.type == "Express" else ""
            yield [kind.name + work, None, None, cost, cost, cost, None, "yes"]


def _a_chunk(one: Counted, chunks: int) -> tuple[float, float]:
    return one.usage.requests.total() / chunks, one.usage.units[WRITE_UNIT] / chunks


def _usd(one: Counted, chunks: int) -> str:
    return f"${one.usage.usd_a_million(chunks):,.2f}"
