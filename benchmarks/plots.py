"""Plots as SVG: the same numbers give the same bytes; readable on a light page and on a dark one."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
"""Okabe and Ito's, which people who are colour-blind can tell apart, and grey. https://jfly.uni-koeln.de/color/"""
_DASHES: tuple[Any, ...] = (
    "-",
    (0, (6, 2)),
    "-.",
    (0, (1, 1.5)),
    (0, (6, 1, 1, 1, 1, 1)),
    (0, (3, 1)),
    (0, (9, 2)),
    "-",
)

_STYLE: dict[Any, Any] = {
    # The page may be dark: a plot brings its own ground.
    "figure.facecolor": "white",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "sfn-callback",
}


def line(number: int, bold: bool = False) -> dict[str, Any]:
    """Return a line's style: numbers differ in colour and, for paper, in their dashes."""
    return {"color": COLOURS[number], "linestyle": _DASHES[number], "linewidth": 3.0 if bold else 1.6}


def plain(axis: Axis, unit: str = "") -> None:
    """Write an axis' numbers out: 1,000 and not 10³."""
    axis.set_major_formatter(lambda value, _: f"{unit}{value:,.0f}" if value >= 1 else f"{unit}{value:g}")


class Drawing:
    """A plot that is being drawn: draw on ``axes``; ``svg`` is there when the drawing is done."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(9, 4.5), layout="constrained")
        self.axes: Axes = self.figure.subplots()
        self.svg = ""


@contextmanager
def drawing() -> Iterator[Drawing]:
    """Draw a plot on the axes of what this gives; afterwards its ``svg`` is the plot."""
    with mpl.rc_context(_STYLE):
        begun = Drawing()
        yield begun
        text = io.StringIO()
        begun.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    begun.svg = "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
