"""When has a document of a million chunks a result, and which limit of AWS does each design meet first?"""

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from benchmarks import plots
from benchmarks.report import Cell, Goal, Plot, Section, Table
from benchmarks.simulation import quotas as q
from benchmarks.simulation.designs import Bare, Design, OneCounter, Ours, Transaction
from benchmarks.simulation.job import Job
from benchmarks.simulation.maps import BatchedMap, ExpressMap, StandardMap
from benchmarks.simulation.markers import GroupedMarkers, Markers
from benchmarks.simulation.parts import InParts, Unrecorded
from benchmarks.simulation.quotas import DEFAULT, INPUTS, RAISED, Quotas

_CHUNKS, _MOST = 1_000_000, 4_000_000
_FEW = 5_120
_DESIGNS: tuple[type[Design], ...] = (
    Bare, InParts, Ours, OneCounter, Transaction, Markers, GroupedMarkers, StandardMap, ExpressMap, BatchedMap,
)  # fmt: skip
_DRAWN = [design for design in _DESIGNS if design not in (Bare, GroupedMarkers)]
_ELSEWHERE = replace(RAISED, region=q.OTHER)
_TOO_MANY = replace(DEFAULT, parts=q.PARTS)
_TEXT = (
    "Simulated: a document is split into {:,} chunks from second 0 on, in {}. Each chunk runs when its event arrives; "
    "Distributed Map begins when all chunks are there. This project's times include merging the results; all others "
    "end when the last chunk is known to be done. All designs use this project's `split` with {:,} MB and the "
    "measured CPU time of a chunk, and all but one split with as many functions at once as there are parts: {} in a "
    "new account, {} with raised quotas. Without `parts` one function splits, which takes longer than its 15 minutes. "
    "A request above a limit waits, or S3 answers Slow Down and it is sent again; nothing is lost or delivered twice. "
    "A new account's quota of state transitions is at first lower than the one here; AWS does not say by how much."
)
_CROWDED = (
    "With more parts at a time than S3 accepts writes for, a job is slower and functions fail: with {} in a new "
    "account {:,} requests run out of retries, and the function of each is invoked again. Set `parts.max_concurrency` "
    "to prevent that."
)
_LIMITS = (
    "How many chunks a function can handle within its 15 minutes, by the CPU time of a chunk. Redriving a job without "
    "any result takes the longest: this limits `max_chunks`, which applies to one job, or to one part."
)


@dataclass(frozen=True)
class Simulated:
    """When a job ended, what was used most of the time until then, and how many chunks had an outcome by when.

    ``out_of_time`` is the function that needed more than its 15 minutes, so that the job has failed instead;
    ``longest`` are the most seconds of each. S3 refused ``slow_downs`` writes, ``given_up`` of them too often.
    """

    seconds: float
    bottleneck: str
    slow_downs: int
    given_up: int
    longest: dict[str, float]
    out_of_time: str
    curve: list[tuple[float, int]]


Results = dict[tuple[type[Design], Quotas], Simulated]


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    chunks, most = (_FEW, 2 * _FEW) if quick else (_CHUNKS, _MOST)
    cases = [(design, quotas, chunks) for design in _DESIGNS for quotas in (DEFAULT, RAISED)]
    cases += [(design, _ELSEWHERE, chunks) for design in (InParts, StandardMap)]
    cases += [(InParts, _TOO_MANY, chunks), (Unrecorded, RAISED, chunks), (InParts, RAISED, most)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        # The largest first: it takes longest.
        ended = pool.map(_simulated, *zip(*reversed(cases), strict=True))
        results = dict(zip(reversed(cases), ended, strict=True))
    largest = results.pop((InParts, RAISED, most))
    of = {(design, quotas): one for (design, quotas, _), one in results.items()}
    drawn = [_plot(of, quotas) for quotas in (DEFAULT, RAISED)]
    text = _TEXT.format(chunks, RAISED.region.name, q.FUNCTION_MB, DEFAULT.parts, RAISED.parts)
    crowded = _CROWDED.format(_TOO_MANY.parts, of[InParts, _TOO_MANY].given_up)
    inputs = Section("Assumptions of the simulation", [Table(("what", "how much", "source"), INPUTS)])
    return [
        Section("A million chunks", [text, _table(of), crowded, *drawn], _goals(of, exact=not quick)),
        Section("Larger documents", [_LIMITS, _limits()], [_largest(largest, most, exact=not quick)]),
        inputs,
    ]


def _simulated(design: type[Design], quotas: Quotas, chunks: int) -> Simulated:
    # A million events wait, none of which is garbage: to look through them takes a quarter of the time.
    gc.disable()
    job = Job(chunks, quotas)
    design(job).begin()
    job.loop.run()
    # A job that failed ended with the chunks that were there.
    job.resumed_at = job.resumed_at or job.loop.now
    return Simulated(
        job.resumed_at, job.bottleneck(), job.slow_downs, job.given_up, dict(job.longest), job.out_of_time, job.curve
    )


def _table(results: Results) -> Table:
    columns = ["design", "split by"]
    for quotas in (DEFAULT, RAISED):
        columns += [f"{quotas.name}: done after", "saturated", "Slow Downs"]
    return Table(columns, [_row(results, design) for design in _DESIGNS])


def _row(results: Results, design: type[Design]) -> list[Cell]:
    cells: list[Cell] = [f"**{design.name}**" if design is InParts else design.name, _splitters(design)]
    for quotas in (DEFAULT, RAISED):
        one = results[design, quotas]
        cells += [_ended(one), one.bottleneck, one.slow_downs]
    return cells


def _splitters(design: type[Design]) -> str:
    many = "one function" if design.splitters == 1 else "a function a part"
    return many if design.split_cpu else f"{many}, without a processor"


def _ended(one: Simulated) -> str:
    return f"**never**: `{one.out_of_time}` has 15 min" if one.out_of_time else _time(one.seconds)


def _time(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:,.1f} min" if minutes < 120 else f"{minutes / 60:,.1f} h"


def _limits() -> Table:
    sizes = (512, 1_024, q.VCPU_MB)
    columns = ("", "ms of a processor a chunk", *(f"chunks with {size:,} MB" for size in sizes))
    return Table(
        columns,
        [
            [f"`{name}`", f"{1_000 * seconds:g}", *(q.most_chunks(size, seconds) for size in sizes)]
            for name, seconds in q.CPU_SECONDS.items()
        ],
    )


def _goals(results: Results, *, exact: bool) -> list[Goal]:
    ours, bare, express = (results[design, RAISED].seconds for design in (InParts, Bare, ExpressMap))
    adds = ours / results[Unrecorded, RAISED].seconds - 1
    given_up = sum(results[InParts, quotas].given_up for quotas in (DEFAULT, RAISED))
    apart = max(
        abs(results[design, _ELSEWHERE].seconds / results[design, RAISED].seconds - 1)
        for design in (InParts, StandardMap)
    )
    return [
        _at_most("in parts ÷ Distributed Map with Express children, raised quotas", ours / express, 0.25, exact),
        _at_most("in parts ÷ nothing recorded, raised quotas", ours / bare, 1.5, exact),
        Goal("the fan-in adds ≤ 1 % to the time of the work alone", f"{adds:.2%}", adds <= 0.01),
        Goal("in other regions, with Step Functions' quotas there, ≤ 1 % apart", f"{apart:.2%}", apart <= 0.01),
        Goal("S3's Slow Down makes no request of a part give up", _given_up(given_up), not given_up, exact=False),
    ]


def _given_up(requests: int) -> str:
    return f"{requests} in both accounts together: its function is tried again" if requests else "none"


def _at_most(what: str, ratio: float, most: float, exact: bool) -> Goal:
    return Goal(f"≤ {most:g}: {what}", f"{ratio:.2f}", ratio <= most, exact)


def _largest(one: Simulated, chunks: int, *, exact: bool) -> Goal:
    longest = max(one.longest, key=lambda name: one.longest[name])
    measured = (
        f"{chunks:,} in {q.PARTS} parts after {_time(one.seconds)}; the longest function is a `{longest}` of"
        f" {_time(one.longest[longest])}"
    )
    met = chunks >= _MOST and not one.out_of_time and not one.given_up
    return Goal(f"≥ {_MOST:,} chunks of a job, every function within its 15 minutes", measured, met, exact)


def _plot(results: Results, quotas: Quotas) -> Plot:
    with plots.drawing() as drawing:
        axes = drawing.axes
        axes.set(xscale="log", xlabel="seconds since the split began", ylabel="chunks that have an outcome")
        plots.plain(axes.xaxis)
        plots.plain(axes.yaxis)
        for number, design in enumerate(_DRAWN):
            one = results[design, quotas]
            # Who ends with merging has had all chunks before.
            label = f"{design.name}: fails" if one.out_of_time else design.name
            axes.plot(*zip(*one.curve, strict=True), label=label, **plots.line(number, bold=design is InParts))
        drawing.figure.legend(loc="outside right upper", fontsize=9)
    shows = f"Chunks that have an outcome over time, by design; quotas: {quotas.name}."
    return Plot(f"scale-{quotas.name.replace(' ', '-')}", shows, drawing.svg)
