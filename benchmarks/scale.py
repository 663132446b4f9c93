"""When is the machine resumed after a million chunks, and which limit of AWS does each design meet first?"""

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks import plots
from benchmarks.report import Cell, Goal, Plot, Section, Table
from benchmarks.simulation.designs import Bare, Design, OneCounter, Ours, Transaction
from benchmarks.simulation.job import Job
from benchmarks.simulation.maps import BatchedMap, ExpressMap, StandardMap
from benchmarks.simulation.markers import GroupedMarkers, Markers
from benchmarks.simulation.quotas import DEFAULT, INPUTS, RAISED, Quotas

_CHUNKS = 1_000_000
_FEW = 5_120
_DESIGNS: tuple[type[Design], ...] = (
    Bare, Ours, OneCounter, Transaction, Markers, GroupedMarkers, StandardMap, ExpressMap, BatchedMap,
)  # fmt: skip
_DRAWN = [design for design in _DESIGNS if design is not Bare]
_TEXT = (
    "Simulated: a document is split into {:,} chunks from second 0 on. Each runs when its event comes; Distributed Map"
    " begins when all are there. Whoever meets a limit waits; nothing is lost or comes twice."
)


@dataclass(frozen=True)
class Simulated:
    """When a job was resumed, what was used most of the time until then, and how many chunks had an outcome by when."""

    seconds: float
    bottleneck: str
    curve: list[tuple[float, int]]


Results = dict[tuple[type[Design], Quotas], Simulated]


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    chunks = _FEW if quick else _CHUNKS
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        asked = {
            (design, quotas): pool.submit(_simulated, design, quotas, chunks)
            for design in _DESIGNS
            for quotas in (DEFAULT, RAISED)
        }
        results = {case: future.result() for case, future in asked.items()}
    drawn = [_plot(results, quotas) for quotas in (DEFAULT, RAISED)]
    inputs = Section("What the simulation takes for granted", [Table(("what", "how much", "source"), INPUTS)])
    times = Section("A million chunks", [_TEXT.format(chunks), _table(results), *drawn], [_goal(results)])
    return [times, inputs]


def _simulated(design: type[Design], quotas: Quotas, chunks: int) -> Simulated:
    # A million events wait, none of which is garbage: to look through them takes a quarter of the time.
    gc.disable()
    job = Job(chunks, quotas)
    design(job).begin()
    job.loop.run()
    return Simulated(job.resumed_at, job.bottleneck(), job.curve)


def _table(results: Results) -> Table:
    columns = ["design"]
    for quotas in (DEFAULT, RAISED):
        columns += [f"{quotas.name}: resumed after", "saturated"]
    return Table(columns, [_row(results, design) for design in _DESIGNS])


def _row(results: Results, design: type[Design]) -> list[Cell]:
    cells: list[Cell] = [f"**{design.name}**" if design is Ours else design.name]
    for quotas in (DEFAULT, RAISED):
        one = results[design, quotas]
        cells += [_time(one.seconds), one.bottleneck]
    return cells


def _time(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:,.1f} min" if minutes < 120 else f"{minutes / 60:,.1f} h"


def _goal(results: Results) -> Goal:
    parts = [results[Ours, quotas].seconds / results[Bare, quotas].seconds - 1 for quotas in (DEFAULT, RAISED)]
    measured = f"{max(parts):.2%}"
    return Goal("the fan-in adds ≤ 1 % to the time of the work alone", measured, max(parts) <= 0.01)


def _plot(results: Results, quotas: Quotas) -> Plot:
    with plots.drawing() as drawing:
        axes = drawing.axes
        axes.set(xscale="log", xlabel="seconds since the split began", ylabel="chunks that have an outcome")
        plots.plain(axes.xaxis)
        plots.plain(axes.yaxis)
        for number, design in enumerate(_DRAWN):
            curve = results[design, quotas].curve
            axes.plot(*zip(*curve, strict=True), label=design.name, **plots.line(number, bold=design is Ours))
        drawing.figure.legend(loc="outside right upper", fontsize=9)
    shows = f"Chunks that have an outcome over time, by design; quotas: {quotas.name}."
    return Plot(f"scale-{quotas.name.replace(' ', '-')}", shows, drawing.svg)
