"""How the columns of a table stand: side by side, where there is room.

Where there is not, the last one is folded, or has a line of its own; where the others have none either, each cell has.
"""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP = "  "
_LEAST_FOLDED = 40
"""Columns: with less a text is read more easily on a line of its own."""
_NUMBERS = ("age", "bytes", "chunks", "done", "failed", "missing", "part", "round", "seconds")


def laid_out(columns: Sequence[str], rows: Sequence[Sequence[Text]], console: Console) -> Iterator[Text]:
    """Return the lines of a table with these names and cells, for that console; no cell is cut."""
    widths = [max(cell_len(name), *(row[place].cell_len for row in rows)) for place, name in enumerate(columns)]
    left = console.width - sum(width + len(_GAP) for width in widths[:-1])
    fits = widths[-1] <= left
    if left < 0 or (len(columns) == 1 and not fits):
        return _records(columns, rows)
    last = left if fits or left >= _LEAST_FOLDED else 0
    return _lines(columns, rows, widths[:-1], last, console)


def _lines(
    columns: Sequence[str], rows: Sequence[Sequence[Text]], widths: Sequence[int], last: int, console: Console
) -> Iterator[Text]:
    """Yield a line for each row, and more for what its last cell needs; with no room for that, lines of its own."""
    heads = columns if last else columns[:-1]
    yield Text(_GAP.join(name.ljust(width) for name, width in zip(heads, (*widths, 0), strict=False)), "dim")
    for row in rows:
        yield from _line(columns, row, widths, last, console)


def _line(
    columns: Sequence[str], row: Sequence[Text], widths: Sequence[int], last: int, console: Console
) -> Iterator[Text]:
    beside = [
        _padded(cell, width, columns[place]) for place, (cell, width) in enumerate(zip(row, widths, strict=False))
    ]
    if not last:
        yield Text(_GAP).join(beside)
        if row[-1].plain:
            yield Text.assemble((f"    {columns[-1]}: ", "dim"), row[-1])
        return
    indented = " " * sum(width + len(_GAP) for width in widths)
    first, *more = row[-1].wrap(console, last, overflow="fold") or [Text()]
    yield Text(_GAP).join([*beside, first])
    yield from (Text.assemble(indented, folded) for folded in more)


def _records(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> Iterator[Text]:
    width = max(map(len, columns), default=0)
    for row in rows:
        yield from (
            Text.assemble((name.ljust(width), "dim"), _GAP, cell)
            for name, cell in zip(columns, row, strict=True)
            if cell.plain
        )
        yield Text()


def _padded(cell: Text, width: int, column: str) -> Text:
    padding = " " * (width - cell.cell_len)
    return Text.assemble(padding, cell) if column in _NUMBERS else Text.assemble(cell, padding)
