"""The parts of a run's picture: a band for each, with its split, wait and merge, and when its chunks were done.

Of more parts than there is room for bands, each has a bar; of more than fit, several have one in common.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from sfn_callback_operator.output import screen
from sfn_callback_operator.output.svg import MARGIN, NARROW, Scale, bar, fitting, shortened, text
from sfn_callback_operator.timeline.chunk_rows import ended_in_each
from sfn_callback_operator.timeline.run_record import DONE, FAILED, Part
from sfn_callback_operator.timeline.state_visits import State

_MOST_BANDS = 40
_STRIP, _CURVE, _GAP, _LABEL = 7.0, 20.0, 9.0, 16.0
_MOST_ROWS, _TALLEST_ROW, _ROWS = 240, 12.0, 720
_LABELLED = 12
_LEAST_FAILURE = 6.0
_BUCKETS = 160
_LONGEST_REASON = 80
_SHADES = {"Split": "r2", "Merge": "r1", "AwaitChunks": "wait"}
_FAILURES = ("RecordFailure", "Failed", "FailedUnrecorded")
MEANINGS = (
    ('class="r2"', "split"),
    ('class="wait"', "wait"),
    ('class="r1"', "merge"),
    ('class="r0"', "chunks done, by their number at a time"),
)


def counted(found: Iterable[Part]) -> str:
    """Return how many parts there are, and what of them are combined and have failed."""
    parts = list(found)
    failed = sum(part.failed for part in parts)
    combined = sum(part.combined for part in parts)
    return f" · {screen.counted(len(parts), 'part')}, {combined:,} combined{f', {failed:,} failed' if failed else ''}"


def height(found: Sequence[Part], width: int) -> float:
    """Return how high all bands are together."""
    if len(found) <= _MOST_BANDS:
        return len(found) * _band(width)
    return len(_rows(found)) * _row_height(found)


def drawn(found: Sequence[Part], scale: Scale, top: float, until: float) -> Iterator[str]:
    """Yield the bands, from the top; what goes on is drawn until then."""
    if len(found) > _MOST_BANDS:
        yield from _bars(found, scale, top, until)
        return
    counts = (ended_in_each(part.chunks, DONE, scale.seconds, _BUCKETS) for part in found)
    most = max(map(max, counts), default=0) or 1
    for place, part in enumerate(found):
        yield from _whole(part, scale, top + place * _band(scale.width), until, most)


def _whole(part: Part, scale: Scale, y: float, until: float, most: int) -> Iterator[str]:
    narrow = scale.width <= NARROW
    counts = _counts(part)
    bad = part.failed or "failed" in counts
    if narrow:
        label = fitting(f"part {part.number} · {counts}", scale.width - scale.left - MARGIN)
        yield text(scale.left, y + 11, label, "bad-text" if bad else "")
        y += _LABEL
    else:
        yield text(scale.left - 8, y + 11, f"part {part.number}", "e")
        shade = "bad-text" if bad else "dim"
        yield text(scale.left - 8, y + 25, fitting(counts, scale.left - 12, 11), f"e s {shade}")
    for state in part.states:
        end = until if state.end is None else state.end
        least = _LEAST_FAILURE if state.name in _FAILURES else 1.2
        yield bar(scale.box(state.start, end, y, _STRIP, least=least), _shade(state), _told(part, state))
    yield from _curve(part, scale, y + _STRIP + 1, most)


def _curve(part: Part, scale: Scale, y: float, most: int) -> Iterator[str]:
    """Yield how many chunks were done when, and those that have failed, of which one is seen."""
    base, width = y + _CURVE, scale.seconds / _BUCKETS
    x1, x2 = scale.x(part.start), scale.x(part.end if part.end is not None else scale.seconds)
    yield f'<line class="framed" x1="{x1:.1f}" x2="{x2:.1f}" y1="{base:.1f}" y2="{base:.1f}"/>'
    for number, count in enumerate(ended_in_each(part.chunks, DONE, scale.seconds, _BUCKETS)):
        if count:
            tall = max(_CURVE * count / most, 1.5)
            said = f"part {part.number}: {count:,} chunks done in {width:.2f} s from {number * width:.1f} s"
            yield bar(scale.box(number * width, (number + 0.92) * width, base - tall, tall), "r0", said)
    failed = sorted(one.end for chunk in part.chunks for one in chunk.attempts if one.outcome == FAILED)
    for at in dict.fromkeys(round(one / width) for one in failed):
        reason = next((chunk.reason for chunk in part.chunks if chunk.reason), "")
        number = sum(round(one / width) == at for one in failed)
        said = f"part {part.number}: {screen.counted(number, 'chunk')} failed: {shortened(reason, _LONGEST_REASON)}"
        yield bar(scale.box(at * width, at * width, base - _CURVE, _CURVE, least=4), "failed", said)


def _bars(found: Sequence[Part], scale: Scale, top: float, until: float) -> Iterator[str]:
    tall, rows = _row_height(found), _rows(found)
    thick = tall - (1.5 if tall > 5 else 0.3)
    for place, row in enumerate(rows):
        y = top + place * tall
        begun = [part for part in row if part.states]
        for state in chain.from_iterable(part.states for part in begun) if len(row) == 1 else ():
            end = until if state.end is None else state.end
            yield bar(scale.box(state.start, end, y, thick), _shade(state), _told(row[0], state))
        if begun and len(row) > 1:
            end = max(until if part.end is None else part.end for part in begun)
            said = f"parts {row[0].number}–{row[-1].number}{counted(row)}"
            yield bar(scale.box(min(part.start for part in begun), end, y, thick), "r0", said)
        for part in row:
            if part.failed:
                at = until if part.end is None else part.end
                yield bar(scale.box(at, at, y - 1, max(thick, 5), least=_LEAST_FAILURE), "failed", _ended(part))
    for place in range(0, len(rows), max(1, math.ceil(len(rows) / _LABELLED))):
        yield text(scale.left - 8, top + place * tall + 9, f"part {rows[place][0].number:,}", "e dim")


def _rows(found: Sequence[Part]) -> list[Sequence[Part]]:
    size = max(1, math.ceil(len(found) / _MOST_ROWS))
    return [found[first : first + size] for first in range(0, len(found), size)]


def _row_height(found: Sequence[Part]) -> float:
    return min(_TALLEST_ROW, _ROWS / len(_rows(found)))


def _band(width: int) -> float:
    return _STRIP + 1 + _CURVE + _GAP + (_LABEL if width <= NARROW else 0)


def _shade(state: State) -> str:
    return "failed" if state.name in _FAILURES else _SHADES.get(state.name, "plain framed")


def _told(part: Part, state: State) -> str:
    took = screen.duration(state.end - state.start) if state.end is not None else "and goes on"
    return f"part {part.number}, {state.name}: {took}" + (f". {_ended(part)}" if state.name in _FAILURES else "")


def _ended(part: Part) -> str:
    return f"part {part.number} {part.status}{f': {part.error}' if part.error else ''}"


def _counts(part: Part) -> str:
    if not part.chunks:
        return "not begun" if not part.states else part.status.lower()
    outcomes = [chunk.outcome for chunk in part.chunks]
    failed = outcomes.count(FAILED)
    return f"{failed:,} of {len(outcomes):,} failed" if failed else screen.counted(len(outcomes), "chunk")
