"""The rows of a run's picture: one for each chunk, or, where there are more than fit, one for several in their order.

A row of several is pale from the first start to the last end and full between the medians. A failure keeps its height,
so that one in 10,000 is seen.
"""

import math
from collections.abc import Iterator, Sequence
from statistics import median

from sfn_callback_operator.drawing import Scale, bar, colour
from sfn_callback_operator.recording import DONE, FAILED, TRIED, Attempt, Chunk

OTHERS = {FAILED: "#d62839", TRIED: "#f2a33a", None: "#c3c9d4"}
"""The colours of what is not done."""
_LEAST_FAILURE = 6.0
_MOST_ROWS = 280


def groups(found: Sequence[Chunk]) -> Iterator[Sequence[Chunk]]:
    """Yield the chunks of each row."""
    size = max(1, math.ceil(len(found) / _MOST_ROWS))
    return (found[first : first + size] for first in range(0, len(found), size))


def row(group: Sequence[Chunk], scale: Scale, y: float, height: float) -> Iterator[str]:
    """Yield a row's bars of what was done, and of what waits."""
    if len(group) == 1:
        yield from _one(group[0], scale, y, height)
        return
    done = [attempt for chunk in group for attempt in chunk.attempts if attempt.fate == DONE]
    for number in sorted({attempt.round for attempt in done}):
        ours, shade = [attempt for attempt in done if attempt.round == number], colour(number)
        first, last = min(one.start for one in ours), max(one.end for one in ours)
        middle = (median(one.start for one in ours), median(one.end for one in ours))
        yield bar(scale.box(first, last, y, height), shade, _summary(group), ' fill-opacity=".35"')
        yield bar(scale.box(*middle, y, height), shade, _summary(group))


def marks(group: Sequence[Chunk], scale: Scale, y: float, height: float) -> Iterator[str]:
    """Yield a row's attempts that came to nothing, those that were the last on top: they are drawn over all rows."""
    attempts = [(chunk, attempt) for chunk in group for attempt in chunk.attempts if attempt.fate != DONE]
    for chunk, attempt in sorted(attempts, key=lambda one: one[1].fate == FAILED):
        failed = attempt.fate == FAILED
        tall = max(height, _LEAST_FAILURE if failed else height)
        place = scale.box(attempt.start, attempt.end, y - (tall - height) / 2, tall, least=_LEAST_FAILURE)
        yield bar(place, OTHERS[attempt.fate], _told(chunk, attempt), "" if failed else ' fill-opacity=".8"')


def _one(chunk: Chunk, scale: Scale, y: float, height: float) -> Iterator[str]:
    if chunk.created is not None:
        first = min([attempt.start for attempt in chunk.attempts], default=scale.seconds)
        said = f"chunk {chunk.index} waits" if chunk.attempts else f"chunk {chunk.index}: not heard of"
        yield bar(scale.box(chunk.created, first, y + height * 0.35, height * 0.3), OTHERS[None], said)
    for attempt in chunk.attempts:
        if attempt.fate == DONE:
            yield bar(scale.box(attempt.start, attempt.end, y, height), colour(attempt.round), _told(chunk, attempt))


def _told(chunk: Chunk, attempt: Attempt) -> str:
    which = f", round {attempt.round + 1}" if attempt.round else ""
    why = f": {chunk.reason}" if attempt.fate == FAILED and chunk.reason else ""
    took = f"{attempt.end - attempt.start:.2f} s, " if attempt.end > attempt.start else ""
    return f"chunk {chunk.index} {attempt.fate}{which} ({took}at {attempt.end:.1f} s){why}"


def _summary(group: Sequence[Chunk]) -> str:
    fates = [chunk.fate for chunk in group]
    slowest = max((one.end - one.start for chunk in group for one in chunk.attempts), default=0)
    failed = f", {fates.count(FAILED)} failed" if FAILED in fates else ""
    span = f"chunks {group[0].index}–{group[-1].index}"
    return f"{span}: {fates.count(DONE)} of {len(group)} done{failed}, the slowest {slowest:.2f} s"
