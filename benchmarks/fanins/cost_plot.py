"""The plot of what fan-ins cost, by the size of the job."""

from matplotlib.axes import Axes

from benchmarks import plots
from benchmarks.fanins.alternative import Alternative
from benchmarks.fanins.distributed_map import KINDS
from benchmarks.fanins.dynamo import Flags
from benchmarks.fanins.results import ALTERNATIVES, MILLION, Results, computed
from benchmarks.fanins.whole_job import LONG
from benchmarks.report import Plot

_SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, MILLION)


def plot(results: Results) -> Plot:
    """Draw dollars a million chunks over the chunks of a job."""
    dollars = {size: one.usage.usd_a_million(size) for size, one in results.this_project.items()}
    lines = {"this project": dollars, **{fanin.title(): _line(fanin) for fanin in ALTERNATIVES}}
    with plots.drawing() as drawing:
        axes = drawing.axes
        axes.set(xscale="log", yscale="log", xlabel="chunks of a job", ylabel="US dollars a million chunks")
        plots.plain(axes.xaxis)
        plots.plain(axes.yaxis, "$")
        for number, (name, line) in enumerate(lines.items()):
            axes.plot([*line], [*line.values()], label=name, **plots.line(number, bold=not number))
        _maps(axes)
        _full(axes)
        axes.legend()
    return Plot(
        "cost",
        "What the fan-in of a million chunks costs, by the size of the jobs, with 1 s of work a chunk.",
        drawing.svg,
    )


def _maps(axes: Axes) -> None:
    for kind in KINDS:
        dollars = kind.usage(MILLION, LONG).usd()
        axes.axhline(dollars, color="#999999", linewidth=1)
        axes.text(11, dollars * 1.07, kind.name, color="#595959", fontsize=8)


def _full(axes: Axes) -> None:
    most, (*_, dollars) = Flags.most_chunks, _line(Flags).values()
    axes.annotate("400 KB: full", (most, dollars), (6, -3), textcoords="offset points", fontsize=8)


def _line(fanin: type[Alternative]) -> dict[int, float]:
    sizes = sorted({*_SIZES, fanin.most_chunks or MILLION})
    return {size: one.usage.usd_a_million(size) for size in sizes if (one := computed(fanin, size))}
