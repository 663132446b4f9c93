"""What pictures are drawn with: colours by day and by night, texts that fit, a scale of seconds, marks that say what
they are.

Colours are classes, each with a rule for both themes: programs that know no ``prefers-color-scheme`` draw by day.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from sfn_callback_operator.output.screen import escaped

WIDE, NARROW = 1_200, 360
"""How many pixels a picture is wide: on a desktop, and on a phone."""
MARGIN = 24
PATTERN = 4
_LONGEST_SAID = 160
_STEPS = (1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400)
_FILLS = {
    "paper": ("#fff", "#14181f"),
    "dim": ("#5a6478", "#a3adbf"),
    "bad-text": ("#b3202f", "#ff8b95"),
    "r0": ("#2f6fde", "#5b93f5"),
    "r1": ("#8a4fd0", "#b285ee"),
    "r2": ("#0f9a8d", "#2fc0b2"),
    "r3": ("#5d7016", "#b5cc4a"),
    "tried": ("#f2a33a", "#f2a33a"),
    "failed": ("#d62839", "#ff5c6c"),
    "idle": ("#c3c9d4", "#4b5567"),
    "pending": ("#f3e2a0", "#6f6020"),
    "wait": ("#dfe8fb", "#24406f"),
    "plain": ("#eceef2", "#2c3442"),
    "bad": ("#fadadd", "#6b2730"),
    "good": ("#dcf3e4", "#1f5136"),
}
_STROKES = {
    "grid": ("#eceef2", "#262d3a"),
    "edge": ("#6a748a", "#8f9ab0"),
    "caught": ("#c22a3a", "#ff7583"),
    "framed": ("#9aa5b8", "#5a667c"),
}
_TEXT = ("#1f2530", "#e8ebf1")
_RULES = (
    "text{font:12px system-ui,sans-serif;pointer-events:none}.t{font-size:17px;font-weight:600}.s{font-size:11px}"
    ".e{text-anchor:end}.m{text-anchor:middle}.b{stroke-width:0}.framed{stroke-width:1}.line{fill:none}"
    ".caught{stroke-dasharray:5 4}.b:hover{stroke-width:1.5}"
)
ROUNDS = 4
"""How many rounds have a colour of their own; later ones have the last one's."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds as places on a picture that is so many pixels wide, behind so many for labels."""

    seconds: float
    width: int = WIDE
    left: int = 110

    def x(self, at: float) -> float:
        """Return where a moment is."""
        return self.left + (self.width - self.left - MARGIN) * min(max(at / self.seconds, 0), 1)

    def box(self, start: float, end: float, y: float, height: float, least: float = 1.2) -> str:
        """Return a rectangle's place; what takes no time can be seen all the same."""
        x, width = self.x(start), self.x(end) - self.x(start)
        return f'x="{x:.1f}" y="{y:.1f}" width="{max(width, least):.1f}" height="{height:.1f}"'

    def ticks(self) -> Iterator[float]:
        """Yield round moments, as many as there is room for."""
        rough = self.seconds / (8 if self.width >= WIDE else 3)
        step = next((one for one in _STEPS if one >= rough), math.ceil(rough / 86_400) * 86_400.0)
        step = step if self.seconds >= 5 else round(rough, 1) or 0.1
        yield from (number * step for number in range(int(self.seconds / step) + 1))


def of_round(number: int) -> str:
    """Return the class of what a round did."""
    return f"r{min(number, ROUNDS - 1)}"


def bar(place: str, shade: str, title: str, more: str = "") -> str:
    """Return a rectangle of that class that says what it is."""
    return f'<rect class="b {shade}" {place}{more}><title>{escaped(shortened(title))}</title></rect>'


def shortened(title: str, most: int = _LONGEST_SAID) -> str:
    """Return a text of at most so many characters."""
    return title if len(title) <= most else f"{title[: most - 1]}…"


def text(x: float, y: float, content: str, shade: str = "") -> str:
    """Return a line of text."""
    named = f' class="{shade}"' if shade else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escaped(content)}</text>'


def breadth(said: str, size: float = 12) -> float:
    """Return about how many pixels a text of that size is wide, rather too many than too few."""
    return sum(1.0 if ord(one) > 0x2E7F else 0.62 for one in said) * size


def fitting(said: str, width: float, size: float = 12) -> str:
    """Return a text, or as much of its beginning as fits into so many pixels."""
    return said if breadth(said, size) <= width else said[: max(int(width / size / 0.62) - 1, 1)] + "…"


def lines(said: str, width: float, size: float = 12, most: int = 8) -> list[str]:
    """Break a text into lines that are at most so many pixels wide."""
    return wrap(said, max(8, int(width / (0.62 * size))), max_lines=most, placeholder=" …")


def gathered(spans: Sequence[tuple[float, float]], most: int) -> Iterator[slice]:
    """Yield which spans are drawn as one: each on its own, or, of more than ``most``, those between the widest gaps.

    Args:
        spans: starts and ends, in the order of the starts.
        most: how many there are to be at the most.
    """
    cuts: Iterable[int] = range(1, len(spans))
    if len(spans) > most:
        cuts = sorted(cut for _, cut in sorted(_gaps(spans), reverse=True)[: most - 1])
    first = 0
    for cut in (*cuts, len(spans)):
        if cut > first:
            yield slice(first, cut)
        first = cut


def framed(title: str, width: float, height: float, content: str) -> str:
    """Return a whole SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" role="img" aria-label="{escaped(title)}"><style>{_RULES}{_theme(0)}'
        f"@media (prefers-color-scheme:dark){{{_theme(1)}}}</style>"
        f'<rect class="paper" width="100%" height="100%"/>{content}</svg>'
    )


def _gaps(spans: Sequence[tuple[float, float]]) -> Iterator[tuple[float, int]]:
    until = -math.inf
    for number, (start, end) in enumerate(spans):
        if number and start > until:
            yield start - until, number
        until = max(until, end)


def _theme(number: int) -> str:
    fills = (f".{name}{{fill:{shades[number]}}}" for name, shades in _FILLS.items())
    strokes = (f".{name}{{stroke:{shades[number]}}}" for name, shades in _STROKES.items())
    edges = "".join(f".{name}-end{{fill:{_STROKES[name][number]}}}" for name in ("edge", "caught"))
    ink = _TEXT[number]
    return f"text{{fill:{ink}}}{''.join(fills)}{''.join(strokes)}{edges}.b:hover{{stroke:{ink}}}"
