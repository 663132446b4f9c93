"""A run as an SVG that needs nothing else: states, the wait, a bar for each attempt at a chunk, and the throughput."""

import math
from collections.abc import Iterable, Iterator, Sequence

from sfn_callback_operator import screen
from sfn_callback_operator.chunk_rows import OTHERS, groups, marks, row
from sfn_callback_operator.drawing import LEFT, RIGHT, ROUNDS, WIDTH, Scale, bar, colour, framed
from sfn_callback_operator.recording import DONE, FAILED, TRIED, Chunk, Recording, State
from sfn_callback_operator.screen import escaped

_STATE, _ROWS, _THROUGHPUT = 22, 560, 110
_TALLEST, _FEWEST_LABELLED = 18.0, 40
_BUCKETS = 120
_STATES = {"wait": "#dfe8fb", "ended": "#e9ebef", "bad": "#fadadd"}
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.d{fill:#667}.t{font-size:17px;font-weight:600}"
    ".b:hover{stroke:#000;stroke-width:1}.r{text-anchor:end}"
)


def svg(run: Recording) -> str:
    """Return the picture."""
    scale = Scale(max(run.seconds, 0.1) * 1.01)
    head = 78
    rows_at = head + _STATE * max(1, len(_lanes(run.states))) + 26
    rows = list(groups(run.chunks))
    height = min(_TALLEST, _ROWS / max(len(rows), 1))
    end = rows_at + height * len(rows)
    parts = [*_heading(run), *_state_bars(run, scale, head), *_axis(scale, head - 6, end)]
    bar_height = height - (2 if height > 8 else 0.3 if height > 1.5 else 0)
    for drawn in (row, marks):
        for number, group in enumerate(rows):
            parts += drawn(group, scale, rows_at + number * height, bar_height)
    parts += _labels(rows, rows_at, height)
    bottom = end
    if run.chunks:
        parts += _throughput(run, scale, end + 34)
        bottom += 34 + _THROUGHPUT
    return framed(run.name, WIDTH, bottom + 40, _STYLE, "".join(parts))


def _heading(run: Recording) -> Iterator[str]:
    done = sum(chunk.fate == DONE for chunk in run.chunks)
    failed = sum(chunk.fate == FAILED for chunk in run.chunks)
    counts = f" · {len(run.chunks):,} chunks, {done:,} done, {failed:,} failed" if run.chunks else ""
    said = f"{run.workflow} · {run.status} · {screen.duration(run.seconds)} from {screen.moment(run.started)}{counts}"
    yield f'<text class="t" x="24" y="26">{escaped(run.name)}</text>'
    yield f'<text class="d" x="24" y="46">{escaped(said)}</text>'
    if run.error:
        yield f'<text x="24" y="64" style="fill:#d62839">{escaped(run.error[:170])}</text>'
    legend = [("done", ROUNDS[0])]
    rounds = sorted({attempt.round for chunk in run.chunks for attempt in chunk.attempts if attempt.round})
    legend += [(f"round {number + 1}", colour(number)) for number in rounds[:3]]
    legend += [("tried in vain", OTHERS[TRIED]), ("failed", OTHERS[FAILED]), ("waiting", OTHERS[None])]
    for number, (name, shade) in enumerate(legend if run.chunks else ()):
        x = WIDTH - RIGHT - 108 * (len(legend) - number)
        yield f'<rect x="{x}" y="16" width="11" height="11" rx="2" fill="{shade}"/>'
        yield f'<text class="d" x="{x + 16}" y="26">{name}</text>'


def _lanes(states: Sequence[State]) -> list[str]:
    return list(dict.fromkeys(state.name for state in states))


def _state_bars(run: Recording, scale: Scale, top: float) -> Iterator[str]:
    lanes = _lanes(run.states)
    for number, name in enumerate(lanes):
        y = top + 12 + number * _STATE
        yield f'<text class="r" x="{LEFT - 8}" y="{y + 13:.1f}">{escaped(name)}</text>'
    for state in run.states:
        y, end = top + 12 + lanes.index(state.name) * _STATE, run.seconds if state.end is None else state.end
        kind = "wait" if state.name.startswith(("Await", "Wait")) else "bad" if "Fail" in state.name else "ended"
        said = f"{state.name}: {screen.duration(end - state.start)}" + (
            "" if state.end is not None else ", and goes on"
        )
        yield bar(scale.box(state.start, end, y, _STATE - 6), _STATES[kind], said, ' stroke="#9aa5b8"')


def _axis(scale: Scale, top: float, bottom: float) -> Iterator[str]:
    for at in scale.ticks():
        x, label = scale.x(at), f"{at:g}s" if at < 60 else screen.duration(at)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom:.1f}" stroke="#eceef2"/>'
        yield f'<text class="d" x="{x + 3:.1f}" y="{top + 8}">{label}</text>'


def _labels(rows: Sequence[Sequence[Chunk]], top: float, height: float) -> Iterator[str]:
    every = 1 if len(rows) <= _FEWEST_LABELLED else math.ceil(len(rows) / 12)
    for number in range(0, len(rows), every):
        y = top + number * height + min(height, 14) * 0.8
        yield f'<text class="r d" x="{LEFT - 8}" y="{y:.1f}">{rows[number][0].index:,}</text>'


def _throughput(run: Recording, scale: Scale, top: float) -> Iterator[str]:
    width = scale.seconds / _BUCKETS
    ends = {fate: _counted(run.chunks, fate, width) for fate in (DONE, FAILED)}
    most = max((done + failed for done, failed in zip(*ends.values(), strict=True)), default=0) or 1
    base = top + _THROUGHPUT
    rate = f"{most / width:,.1f}/s" if most / width >= 1 else f"{60 * most / width:,.1f}/min"
    yield f'<text class="r d" x="{LEFT - 8}" y="{top + 10}">{rate}</text>'
    yield f'<text class="r d" x="{LEFT - 8}" y="{base}">chunks</text>'
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}" stroke="#9aa5b8"/>'
    for number, (done, failed) in enumerate(zip(*ends.values(), strict=True)):
        heights = [(done, ROUNDS[0], 0), (failed, str(OTHERS[FAILED]), done)]
        for count, shade, below in heights:
            if count:
                tall = max(_THROUGHPUT * count / most, 2)
                y = base - _THROUGHPUT * below / most - tall
                said = f"{done:,} done, {failed:,} failed in {width:.2f} s from {number * width:.1f} s"
                yield bar(scale.box(number * width, (number + 0.9) * width, y, tall), shade, said)


def _counted(found: Iterable[Chunk], fate: str, width: float) -> list[int]:
    counts = [0] * _BUCKETS
    for chunk in found:
        for attempt in chunk.attempts:
            if attempt.fate == fate:
                counts[min(max(int(attempt.end / width), 0), _BUCKETS - 1)] += 1
    return counts
