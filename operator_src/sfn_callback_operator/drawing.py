"""What the picture of a run is drawn with: a scale of seconds, bars that say what they are, colours."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sfn_callback_operator.screen import escaped

WIDTH = 1_200
LEFT, RIGHT = 110, 24
ROUNDS = ("#2f6fde", "#8a4fd0", "#0f9a8d", "#b7791f")
"""The colours of what is done, by round."""
_PLOT = WIDTH - LEFT - RIGHT
_STEPS = (1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400)


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds as places on the picture."""

    seconds: float

    def x(self, at: float) -> float:
        """Return where a moment is."""
        return LEFT + _PLOT * min(max(at / self.seconds, 0), 1)

    def box(self, start: float, end: float, y: float, height: float, least: float = 1.2) -> str:
        """Return a rectangle's place; what takes no time can be seen all the same."""
        x, width = self.x(start), self.x(end) - self.x(start)
        return f'x="{x:.2f}" y="{y:.2f}" width="{max(width, least):.2f}" height="{height:.2f}"'

    def ticks(self) -> Iterator[float]:
        """Yield six to twelve round moments."""
        rough = self.seconds / 8
        step = next((one for one in _STEPS if one >= rough), math.ceil(rough / 86_400) * 86_400.0)
        step = step if self.seconds >= 5 else round(rough, 1) or 0.1
        yield from (number * step for number in range(int(self.seconds / step) + 1))


def colour(number: int) -> str:
    """Return the colour of a round."""
    return ROUNDS[number % len(ROUNDS)]


def bar(place: str, shade: str, said: str, more: str = "") -> str:
    """Return a rectangle that says what it is."""
    return f'<rect class="b" {place} fill="{shade}"{more}><title>{escaped(said)}</title></rect>'


def framed(title: str, width: float, height: float, style: str, content: str) -> str:
    """Return a whole SVG on white."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" role="img" aria-label="{escaped(title)}"><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{content}</svg>'
    )
