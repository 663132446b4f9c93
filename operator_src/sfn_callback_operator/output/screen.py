"""What commands print: tables for people, JSON for programs, progress on stderr, and never through a pager."""

import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from html import escape
from itertools import groupby
from typing import Any

from rich import progress
from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task
from rich.text import Text

from sfn_callback_operator.output.columns import laid_out

_PIPED_WIDTH = 200
COLOURS = {
    "SUCCEEDED": "green",
    "RUNNING": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "yellow",
    "STOPPED": "yellow",
}
"""Of an execution's status."""


_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""C0 and C1 without tab and newline, line separators, what XML cannot have, and what turns the direction of writing:
https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
"""


def cleaned(text: str) -> str:
    """Return a text of a stranger's as a terminal or a picture may have it: what steers is shown as U+FFFD."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(text: str) -> str:
    """Return a text of a stranger's as HTML and SVG may have it, in an element or an attribute."""
    return escape(cleaned(text))


def _clean(text: str | Text) -> Text:
    if isinstance(text, str):
        return Text(cleaned(text))
    # As long as before, so that each colour keeps its place.
    text.plain = cleaned(text.plain)
    return text


def out() -> Console:
    """Return where answers go. Nothing is cut for a terminal that is not there."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


@cache
def stderr() -> Console:
    """Return where all that is not an answer goes: one console, so that what is said stands above a bar, not in it."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Tell the operator what happens, beside the answer."""
    stderr().print(_clean(text), soft_wrap=True)


def answer(text: str) -> None:
    """Print a line of the answer as it is."""
    line(Text(text))


def line(text: Text) -> None:
    """Print a line of the answer, however long: what is in it can be copied."""
    out().print(_clean(text), soft_wrap=True)


def clear() -> None:
    """Begin the screen anew, where it is one."""
    out().clear()


def write_json(value: Any, *, on_a_line: bool = False) -> None:
    """Print a value for a program."""
    text = json.dumps(value, indent=None if on_a_line else 2, ensure_ascii=False, default=_plain)
    # Python escapes C0 only; escaped, the rest is the same to a program.
    _write(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def write(text: str) -> None:
    """Print a file's content."""
    _write(cleaned(text))


def _write(text: str) -> None:
    sys.stdout.write(text)
    # Python would write it at its end, when nobody can be told that it could not.
    sys.stdout.flush()


def prepare() -> None:
    """Have what the terminal's encoding cannot show be shown in ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def give_up() -> None:
    """Have Python not write at its end what it could not write before: it would complain, and end with code 120.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, title: str | None = None) -> None:
    """Print a table, without columns that are empty. No cell is cut, however narrow the terminal is."""
    cells = [[_on_a_line(cell) for cell in row] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place].plain for row in cells)]
    shown = [[row[place] for place in used] for row in cells]
    if title:
        line(Text(title, "bold"))
    for row in laid_out([columns[place] for place in used], shown, out()) if used else ():
        out().print(row, soft_wrap=True)


def _on_a_line(cell: str | Text) -> Text:
    text = _clean(cell)
    text.plain = text.plain.replace("\n", " ")
    return text


def facts(pairs: Mapping[str, object], *, beside: bool = False) -> None:
    """Print what is known of one thing, a line for each; beside the answer where that is something else."""
    known = {name: value for name, value in pairs.items() if value not in (None, "")}
    width = max(map(len, known), default=0) + 2
    for name, value in known.items():
        shown = Text.assemble((name.ljust(width), "dim"), value if isinstance(value, Text) else _readable(value))
        (stderr() if beside else out()).print(_clean(shown), soft_wrap=True)


def moment(value: datetime) -> str:
    """Return a moment as ``2026-01-31 23:59:59 UTC``."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def status(name: str) -> Text:
    """Return an execution's status in its colour."""
    return Text(name, COLOURS.get(name, ""))


def duration(seconds: float) -> str:
    """Return seconds as ``2d 3h``, ``3h 4m``, ``4m 5s`` or ``5s``."""
    whole = max(0, int(seconds))
    parts = [(whole // 86_400, "d"), (whole // 3_600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    first = next((place for place, (number, _) in enumerate(parts) if number), 3)
    return " ".join(f"{number}{unit}" for number, unit in parts[first : first + 2])


def ago(moment: datetime) -> float:
    """Return how many seconds ago that was."""
    return (datetime.now(UTC) - moment).total_seconds()


def counted(number: int, noun: str) -> str:
    """Return ``1 chunk`` or ``2 chunks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def cut(text: str, most: int) -> str:
    """Return a text without what is beyond so many characters, and a sign that there was more."""
    return text if len(text) <= most else f"{text[:most]} …"


def indexes(numbers: Iterable[int], at_most: int = 20) -> str:
    """Return numbers as ranges, ``3–5, 9``, and how many ranges are left out."""
    ranges = list(_ranges(numbers))
    shown = [str(first) if first == last else f"{first}–{last}" for first, last in ranges[:at_most]]
    return ", ".join(shown) + (f", and {len(ranges) - at_most:,} more ranges" if len(ranges) > at_most else "")


def ranges(numbers: Iterable[int]) -> list[str]:
    """Return numbers as ranges for a program: ``3-5`` and ``9``."""
    return [str(first) if first == last else f"{first}-{last}" for first, last in _ranges(numbers)]


class Described(ProgressColumn):
    """What a bar is of, which may be named by a stranger: no markup."""

    def render(self, task: Task) -> Text:
        """Return it."""
        return _clean(task.description)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something takes its time, where somebody looks."""
    console = stderr()
    if not console.is_terminal:
        yield
        return
    with console.status(_clean(what)):
        yield


def bar() -> Progress:
    """Return a bar of what is counted, with its rate and expected end; it goes away when it ends."""
    more = progress.TextColumn("{task.fields[more]}")
    counted = progress.MofNCompleteColumn()
    return _bar(
        progress.SpinnerColumn(), Described(), progress.BarColumn(), counted, more, progress.TimeElapsedColumn()
    )


def transfer_bar() -> Progress:
    """Return a bar of bytes, which goes away when it ends."""
    size, speed = progress.DownloadColumn(), progress.TransferSpeedColumn()
    return _bar(Described(), progress.BarColumn(), size, speed, progress.TimeRemainingColumn())


def _bar(*columns: ProgressColumn) -> Progress:
    return Progress(*columns, console=stderr(), disable=not stderr().is_terminal, transient=True)


def _readable(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    # Numbers without a gap between them are equally far from their places.
    for _, run in groupby(enumerate(sorted(numbers)), lambda at: at[1] - at[0]):
        together = [number for _, number in run]
        yield together[0], together[-1]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON serializable")
