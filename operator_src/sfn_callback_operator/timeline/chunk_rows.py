"""The rows of a run's picture: one for each chunk, or, where there are more than fit, one for several in their order.

A row of several is pale from the first start to the last end and full between the medians. A failure keeps its height,
so that one in 10,000 is seen. However many chunks and attempts there are, a row has at most
``2 * 2 * drawing.ROUNDS`` bars and ``2 * MOST_MARKS`` marks.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from sfn_callback_operator.output import screen
from sfn_callback_operator.output.svg import NARROW, Scale, bar, gathered, of_round, shortened
from sfn_callback_operator.timeline.run_record import DONE, FAILED, PENDING, TRIED, Attempt, Chunk

MOST_MARKS = 5
"""How many marks a row has of what failed, and of what was tried in vain; more are drawn as one."""
_LEAST_FAILURE, _LEAST_REPORT, _LEAST_FRAMED = 6.0, 3.0, 4.0
_MOST_ROWS, _MOST_NARROW_ROWS = 280, 112
_LONGEST_REASON = 80
_PALE = ' fill-opacity=".35"'


def groups(chunks: Sequence[Chunk], width: int) -> Iterator[Sequence[Chunk]]:
    """Yield the chunks of each row of a picture that is so many pixels wide."""
    size = max(1, math.ceil(len(chunks) / (_MOST_NARROW_ROWS if width <= NARROW else _MOST_ROWS)))
    return (chunks[first : first + size] for first in range(0, len(chunks), size))


def ended_in_each(chunks: Iterable[Chunk], outcome: str, seconds: float, spans: int) -> list[int]:
    """Return how many attempts of that outcome ended in each of so many equal spans of the time."""
    counts = [0] * spans
    for chunk in chunks:
        for attempt in chunk.attempts:
            if attempt.outcome == outcome:
                counts[min(max(int(attempt.end / (seconds / spans)), 0), spans - 1)] += 1
    return counts


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its chunks, where it is, and how high its bars are."""

    chunks: Sequence[Chunk]
    y: float
    height: float

    def bars(self, scale: Scale) -> Iterator[str]:
        """Yield the bars of what waits, of what is pending, and of what was done."""
        return self._one(self.chunks[0], scale) if len(self.chunks) == 1 else self._several(scale)

    def marks(self, scale: Scale) -> Iterator[str]:
        """Yield the attempts that came to nothing, those that were the last on top: they are drawn over all rows."""
        for outcome in (TRIED, FAILED):
            attempts = [(one, attempt) for one in self.chunks for attempt in one.attempts if attempt.outcome == outcome]
            attempts.sort(key=lambda one: one[1].start)
            for part in gathered([(one.start, one.end) for _, one in attempts], MOST_MARKS):
                yield self._mark(attempts[part], scale, outcome)

    def _one(self, chunk: Chunk, scale: Scale) -> Iterator[str]:
        if chunk.created is not None:
            first = min([attempt.start for attempt in chunk.attempts], default=scale.seconds)
            title = f"chunk {chunk.index} waits" if chunk.attempts else f"chunk {chunk.index}: not heard of"
            yield bar(scale.box(chunk.created, first, self.y + self.height * 0.35, self.height * 0.3), "idle", title)
        outcomes = [attempt.outcome for attempt in chunk.attempts]
        if max(outcomes.count(DONE), outcomes.count(PENDING)) > MOST_MARKS:
            yield from self._several(scale)
            return
        for attempt in _of(chunk.attempts, PENDING):
            # Lower than what was done, and framed: its end is seen, and where it was handed on again.
            place = scale.box(attempt.start, attempt.end, self.y + self.height * 0.15, self.height * 0.7)
            framed = " framed" if self.height > _LEAST_FRAMED else ""
            yield bar(place, f"pending{framed}", _told_pending(chunk, attempt))
        for attempt in _of(chunk.attempts, DONE):
            kind, title = (attempt.round, attempt.guessed), _told(chunk, attempt)
            yield self._bar(scale, attempt.start, attempt.end, kind, title)

    def _several(self, scale: Scale) -> Iterator[str]:
        every = [attempt for chunk in self.chunks for attempt in chunk.attempts]
        if pending := _of(every, PENDING):
            title = f"{_span(self.chunks)}: {len(pending):,} times pending"
            outer, inner = _spans(pending)
            yield bar(scale.box(*outer, self.y, self.height), "pending", title, _PALE)
            yield bar(scale.box(*inner, self.y, self.height), "pending", title)
        for kind, attempts in _by_kind(_of(every, DONE)):
            title = _summary(self.chunks, len(attempts) if kind[1] else 0)
            outer, inner = _spans(attempts)
            yield self._bar(scale, *outer, kind, title, _PALE)
            yield self._bar(scale, *inner, kind, title)

    def _bar(  # noqa: PLR0913, PLR0917 - what a bar has
        self, scale: Scale, start: float, end: float, kind: tuple[int, bool], title: str, more: str = ""
    ) -> str:
        number, guessed = kind
        shade = of_round(number)
        if guessed:
            shade, more = "", f'{more} fill="url(#{shade}-{scale.width})"'
        least = _LEAST_REPORT if start == end else 1.2
        return bar(scale.box(start, end, self.y, self.height, least), shade, title, more)

    def _mark(self, attempts: Sequence[tuple[Chunk, Attempt]], scale: Scale, outcome: str) -> str:
        start, end = attempts[0][1].start, max(attempt.end for _, attempt in attempts)
        tall = max(self.height, _LEAST_FAILURE if outcome == FAILED else self.height)
        place = scale.box(start, end, self.y - (tall - self.height) / 2, tall, least=_LEAST_FAILURE)
        title = _told(*attempts[0]) if len(attempts) == 1 else _all_told(attempts, start, end)
        return bar(place, "failed", title) if outcome == FAILED else bar(place, "tried", title, ' fill-opacity=".8"')


def _of(attempts: Iterable[Attempt], outcome: str) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.outcome == outcome]


def _spans(attempts: Sequence[Attempt]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return from the first start to the last end, and between the medians."""
    starts, ends = [each.start for each in attempts], [each.end for each in attempts]
    return (min(starts), max(ends)), (median(starts), median(ends))


def _by_kind(done: Iterable[Attempt]) -> Iterator[tuple[tuple[int, bool], list[Attempt]]]:
    """Yield attempts by the colour of their round, those first whose times are guessed."""
    kind = lambda attempt: (of_round(attempt.round), not attempt.guessed)  # noqa: E731 - for both lines below
    for _, group in groupby(sorted(done, key=kind), key=kind):
        attempts = list(group)
        yield (attempts[0].round, attempts[0].guessed), attempts


def _told_pending(chunk: Chunk, attempt: Attempt) -> str:
    which = f", round {attempt.round}" if attempt.round else ""
    took = screen.duration(attempt.end - attempt.start)
    return f"chunk {chunk.index} pending{which} for {took}, handed on at {attempt.start:.1f} s"


def _told(chunk: Chunk, attempt: Attempt) -> str:
    which = f", round {attempt.round}" if attempt.round else ""
    why = f": {shortened(chunk.reason, _LONGEST_REASON)}" if attempt.outcome == FAILED and chunk.reason else ""
    if attempt.guessed:
        return f"chunk {chunk.index} {attempt.outcome}{which} by {attempt.end:.1f} s; no log line says when it began"
    took = f"{attempt.end - attempt.start:.2f} s, " if attempt.end > attempt.start else ""
    return f"chunk {chunk.index} {attempt.outcome}{which} ({took}at {attempt.end:.1f} s){why}"


def _all_told(attempts: Sequence[tuple[Chunk, Attempt]], start: float, end: float) -> str:
    failed = attempts[0][1].outcome == FAILED
    why = next((chunk.reason for chunk, _ in attempts if chunk.reason and failed), "")
    reason = f": {shortened(why, _LONGEST_REASON)}" if why else ""
    span, outcome = _span([chunk for chunk, _ in attempts]), "failed" if failed else "in vain"
    return f"{span}: {len(attempts):,} attempts {outcome}, {start:.1f} to {end:.1f} s{reason}"


def _span(chunks: Iterable[Chunk]) -> str:
    indices = sorted({chunk.index for chunk in chunks})
    return f"chunks {indices[0]}–{indices[-1]}" if len(indices) > 1 else f"chunk {indices[0]}"


def _summary(group: Sequence[Chunk], guessed: int) -> str:
    outcomes = [chunk.outcome for chunk in group]
    slowest = max((one.end - one.start for chunk in group for one in chunk.attempts if not one.guessed), default=0)
    failed = f", {outcomes.count(FAILED)} failed" if FAILED in outcomes else ""
    least = f"the times of {guessed} are guessed" if guessed else f"the slowest {slowest:.2f} s"
    return f"{_span(group)}: {outcomes.count(DONE)} of {len(group)} done{failed}, {least}"
