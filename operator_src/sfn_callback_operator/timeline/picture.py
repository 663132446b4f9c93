"""A run as an SVG that needs nothing else: states, the wait, a bar for each attempt at a chunk, and the throughput."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sfn_callback_operator.jobs.parents import RUNNING_STATE
from sfn_callback_operator.output import screen
from sfn_callback_operator.output.svg import (
    MARGIN,
    NARROW,
    PATTERN,
    ROUNDS,
    WIDE,
    Scale,
    bar,
    breadth,
    fitting,
    framed,
    gathered,
    lines,
    of_round,
    text,
)
from sfn_callback_operator.timeline import part_bands
from sfn_callback_operator.timeline.chunk_rows import Row, ended_in_each, groups
from sfn_callback_operator.timeline.run_record import DONE, FAILED, PENDING, TRIED, Chunk, RunRecord
from sfn_callback_operator.timeline.state_visits import State

_ROWS, _THROUGHPUT = 560, 110
_TALLEST, _FEWEST_LABELLED = 18.0, 40
_BUCKETS = 120
_LINE, _ICON, _LANE = 17, 14, 22
_MOST_VISITS = 60
"""How many visits to a state are drawn; more are drawn as one."""
_ENDED = "the execution ended"
_SEVERAL = (
    "a row is {:,} chunks: pale from the first start to the last end, full between the medians; a mark may be several"
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is drawn on: a run, until when there is something of it, how wide, its rows and its scale."""

    run: RunRecord
    until: float
    width: int
    rows: Sequence[Sequence[Chunk]]
    scale: Scale

    @property
    def narrow(self) -> bool:
        return self.width <= NARROW

    @property
    def size(self) -> int:
        """How many chunks a row stands for."""
        return max((len(row) for row in self.rows), default=0)


def svg(run: RunRecord, width: int = WIDE) -> str:
    """Return the picture, so many pixels wide: :data:`drawing.WIDE` or :data:`drawing.NARROW`."""
    until = run.until
    scale = Scale(max(until, 0.1) * 1.01, width, 62 if width <= NARROW else 124)
    sheet = _Sheet(run, until, width, list(groups(run.chunks, width)), scale)
    parts, axis = [_patterns(width)], 0.0
    heading, bottom = _heading(sheet)
    legend, axis = _legend(sheet, bottom + 8)
    before, after = _names(run)
    lanes, rows_at = _lanes(sheet, before, axis + 14)
    height = min(_TALLEST, _ROWS / max(len(sheet.rows), 1))
    end = rows_at + height * len(sheet.rows) + part_bands.height(run.parts, width)
    below, end = _lanes(sheet, after, end + 4) if after else ([], end)
    parts += [*heading, *legend, *_axis(sheet, axis, end), *lanes, *_chunks(sheet, rows_at, height)]
    parts += [*part_bands.drawn(run.parts, scale, rows_at, until), *below]
    if run.all_chunks:
        parts += _throughput(sheet, end + 34)
        end += 34 + _THROUGHPUT
    return framed(run.name, width, end + MARGIN, "".join(parts))


def _patterns(width: int) -> str:
    """Return the stripes of what is guessed; ids are the whole page's, so they have the width in them."""
    stripes = (
        f'<pattern id="r{number}-{width}" width="{PATTERN}" height="{PATTERN}" patternUnits="userSpaceOnUse">'
        f'<rect class="r{number}" width="{PATTERN / 2:g}" height="{PATTERN}"/></pattern>'
        for number in range(ROUNDS)
    )
    return f"<defs>{''.join(stripes)}</defs>"


def _heading(sheet: _Sheet) -> tuple[list[str], float]:
    """Return the texts at the top, and where they end."""
    run, room, y, parts = sheet.run, sheet.width - 2 * MARGIN, 10.0, []
    summary = f"{run.workflow} · {run.status} · {screen.duration(run.seconds)} from {screen.moment(run.started)}"
    for shade, size, words in (
        ("t", 17, run.name),
        ("dim", 12, summary + (part_bands.counted(run.parts) if run.parts else "") + _counts(run.all_chunks)),
        ("bad-text", 12, run.error),
    ):
        for line in lines(words, room, size, most=6 if sheet.narrow else 2):
            y += size + 5
            parts.append(text(MARGIN, y, line, shade))
    return parts, y


def _counts(chunks: Sequence[Chunk]) -> str:
    if not chunks:
        return ""
    outcomes = [chunk.outcome for chunk in chunks]
    return f" · {len(chunks):,} chunks, {outcomes.count(DONE):,} done, {outcomes.count(FAILED):,} failed"


def _legend(sheet: _Sheet, top: float) -> tuple[list[str], float]:
    """Return what the colours mean, of those that there are, and where that ends."""
    x, y, parts = float(MARGIN), top, []
    for paint, meaning in _meanings(sheet) if sheet.run.all_chunks else ():
        first, *others = lines(meaning, sheet.width - 2 * MARGIN - _ICON - 4, most=4)
        if x > MARGIN and x + _ICON + breadth(first) > sheet.width - MARGIN:
            x, y = float(MARGIN), y + _LINE
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="11" height="11" {paint}/>')
        parts += [text(x + _ICON + 4, y + 10 + _LINE * at, line, "dim") for at, line in enumerate((first, *others))]
        x, y = x + _ICON + 20 + max(map(breadth, (first, *others))), y + _LINE * len(others)
    return parts, y + _LINE + 8


def _meanings(sheet: _Sheet) -> Iterator[tuple[str, str]]:
    if sheet.run.parts:
        yield from part_bands.MEANINGS
        if any(part.failed for part in sheet.run.parts) or any(one.outcome == FAILED for one in sheet.run.all_chunks):
            yield 'class="failed"', "failed"
        return
    attempts = [attempt for chunk in sheet.run.chunks for attempt in chunk.attempts]
    outcomes, shades = (
        {one.outcome for one in attempts},
        sorted({of_round(one.round) for one in attempts if one.outcome == DONE}),
    )
    for shade in shades or ([] if outcomes else ["r0"]):
        later = " and later" if shade == of_round(ROUNDS) else ""
        yield f'class="{shade}"', "done" if shade == "r0" else f"done in round {shade[1:]}{later}"
    if TRIED in outcomes:
        yield 'class="tried"', "tried in vain"
    if FAILED in outcomes:
        yield 'class="failed"', "failed"
    if PENDING in outcomes:
        yield 'class="pending"', "pending: handed on, and not reported yet"
    if sheet.size == 1:
        yield 'class="idle"', "waiting"
    if any(one.guessed for one in attempts):
        yield f'fill="url(#{(shades or ["r0"])[0]}-{sheet.width})"', "guessed: no log line says when it was done"
    if sheet.size > 1:
        yield f'class="{(shades or ["r0"])[0]}" fill-opacity=".35"', _SEVERAL.format(sheet.size)


def _names(run: RunRecord) -> tuple[list[str], list[str]]:
    """Return the names of the states that are drawn above the chunks, or parts, and below: what follows the parts."""
    names = list(dict.fromkeys(state.name for state in run.states))
    place = names.index(RUNNING_STATE) + 1 if run.parts and RUNNING_STATE in names else len(names)
    return names[:place], names[place:]


def _lanes(sheet: _Sheet, names: Sequence[str], top: float) -> tuple[list[str], float]:
    """Return the visits to states, and where they end. On a phone a state's name is above its bars."""
    parts, y = [], top
    for name in names:
        if sheet.narrow:
            y += _LINE
        parts.append(_name(sheet, name, y))
        parts += _visits(sheet, name, y)
        y += _LANE
    return parts, y + 12


def _name(sheet: _Sheet, name: str, y: float) -> str:
    if sheet.narrow:
        return text(sheet.scale.left, y - 4, fitting(name, sheet.width - sheet.scale.left - MARGIN))
    return text(sheet.scale.left - 8, y + 13, fitting(name, sheet.scale.left - 8), "e")


def _visits(sheet: _Sheet, name: str, y: float) -> Iterator[str]:
    run = sheet.run
    visits = sorted((one for one in run.states if one.name == name), key=lambda one: one.start)
    spans = [(one.start, run.seconds if one.end is None else one.end) for one in visits]
    kind = "wait" if name.startswith(("Await", "Wait")) else "bad" if "Fail" in name else "plain"
    for part in gathered(spans, _MOST_VISITS):
        start, end = spans[part][0][0], max(one for _, one in spans[part])
        place = sheet.scale.box(start, end, y, _LANE - 6)
        yield bar(place, f"{kind} framed", _visited(visits[part], end - start))


def _visited(states: Sequence[State], seconds: float) -> str:
    if len(states) > 1:
        return f"{states[0].name}: entered {len(states):,} times in {screen.duration(seconds)}"
    return f"{states[0].name}: {screen.duration(seconds)}{'' if states[0].end is not None else ', and goes on'}"


def _axis(sheet: _Sheet, top: float, bottom: float) -> Iterator[str]:
    for at in sheet.scale.ticks():
        x, label = sheet.scale.x(at), f"{at:g}s" if at < 60 else screen.duration(at)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        if x + 3 + breadth(label) <= sheet.width:
            yield text(x + 3, top + 8, label, "dim")
    if sheet.until > sheet.run.seconds:
        x = sheet.scale.x(sheet.run.seconds)
        yield f'<line class="caught" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        before = x - 4 - breadth(_ENDED) > MARGIN
        yield text(x + (-4 if before else 4), bottom + 12, _ENDED, "e bad-text" if before else "bad-text")


def _chunks(sheet: _Sheet, top: float, height: float) -> Iterator[str]:
    thick = height - (2 if height > 8 else 0.3 if height > 1.5 else 0)
    rows = [Row(group, top + number * height, thick) for number, group in enumerate(sheet.rows)]
    for row in rows:
        yield from row.bars(sheet.scale)
    for row in rows:
        yield from row.marks(sheet.scale)
    every = 1 if len(rows) <= _FEWEST_LABELLED else math.ceil(len(rows) / 12)
    for number in range(0, len(rows), every):
        y = top + number * height + min(height, 14) * 0.8
        yield text(sheet.scale.left - 8, y, f"{rows[number].chunks[0].index:,}", "e dim")


def _throughput(sheet: _Sheet, top: float) -> Iterator[str]:
    scale, base = sheet.scale, top + _THROUGHPUT
    width = scale.seconds / _BUCKETS
    chunks, seconds = sheet.run.all_chunks, scale.seconds
    counts = list(zip(*(ended_in_each(chunks, one, seconds, _BUCKETS) for one in (DONE, FAILED)), strict=True))
    most = max(map(sum, counts)) or 1
    yield text(scale.left - 8, top + 10, _rate(most / width), "e dim")
    yield text(scale.left - 8, base, "chunks", "e dim")
    yield f'<line class="framed" x1="{scale.left}" x2="{sheet.width - MARGIN}" y1="{base:.1f}" y2="{base:.1f}"/>'
    for number, (done, failed) in enumerate(counts):
        title = f"{done:,} done, {failed:,} failed in {width:.2f} s from {number * width:.1f} s"
        for count, shade, below in ((done, "r0", 0), (failed, "failed", done)):
            if count:
                tall = max(_THROUGHPUT * count / most, 2)
                place = scale.box(
                    number * width, (number + 0.9) * width, base - _THROUGHPUT * below / most - tall, tall
                )
                yield bar(place, shade, title)


def _rate(each_second: float) -> str:
    number, unit = (each_second, "s") if each_second >= 1 else (60 * each_second, "min")
    return f"{number:,.{0 if number >= 100 else 1}f}/{unit}"
