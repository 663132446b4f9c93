"""Where to cut a document of records that end with a delimiter, found by reading little of it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sfn_callback.errors import WorkloadInvalid

if TYPE_CHECKING:
    from sfn_callback.documents.source import Document

READ_BYTES = 64 * 1024
"""So much is looked through at a time: a record may be of any length."""


def by_delimiter(delimiter: bytes, part_bytes: int) -> "Callable[[Document], Iterator[tuple[int, int]]]":
    r"""Return a workload's ``parts`` for records that end with ``delimiter``, as lines do with ``b"\n"``.

    A part ends after the first delimiter that begins ``part_bytes`` or more after the part's start, so that no record
    is cut and none comes twice; the last part ends with the document. Of delimiters that overlap each other, as
    ``b"\n\n"`` does in three line ends, only the first counts: that is where a split of the whole document cuts as
    well. A document that has none is one part, an empty one has no part. A cut takes about one read of up to 64 KiB.

    Raises:
        WorkloadInvalid: the delimiter is empty or not bytes, or ``part_bytes`` is not a positive integer.
    """
    if not (isinstance(delimiter, bytes) and delimiter):
        raise WorkloadInvalid(
            f'by_delimiter() needs a delimiter of one byte or more, such as b"\\n", not {delimiter!r}.'
        )
    if type(part_bytes) is not int or part_bytes < 1:
        raise WorkloadInvalid(
            f"by_delimiter() needs the length of a part, a whole number of bytes, 1 or more, not {part_bytes!r}."
        )

    def parts(document: "Document") -> Iterator[tuple[int, int]]:
        start = 0
        while start < document.size:
            end = _behind(delimiter, document, start + part_bytes)
            yield start, end
            start = end

    return parts


def _behind(delimiter: bytes, document: "Document", least: int) -> int:
    """Return where the first delimiter from ``least`` on ends, or where the document does."""
    length = len(delimiter)
    if least + length > document.size:
        return document.size
    # Start earlier, to see a delimiter here that overlaps one at `least`.
    begin, last, window = max(0, least - length + 1), -length, b""
    document.seek(begin)
    while piece := document.read1(READ_BYTES):
        window += piece
        found = window.find(delimiter)
        while found >= 0:
            if begin + found >= max(least, last + length):
                return begin + found + length
            last = begin + found
            found = window.find(delimiter, found + 1)
        # Read again what may be the beginning of a delimiter.
        behind = max(0, len(window) - length + 1)
        begin, window = begin + behind, window[behind:]
    return document.size
