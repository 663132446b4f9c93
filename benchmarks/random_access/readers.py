"""Readers that jump, as a careful workload uses them; each returns a checksum of what it has read."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

Read = Callable[[BinaryIO], int]

_PIECE = 1024 * 1024


def pdf(file: BinaryIO, *, strict: bool = True, walked: bool = True) -> int:
    """Write each page as a document of its own, page by page, as the tree has them; forget what was read for it.

    pypdf reads the begin of every object where it is not strict, and every page's object for ``reader.pages``, which
    is how most would write it.
    """
    from pypdf import PdfReader

    reader = PdfReader(file, strict=strict)
    return _each_alone(reader, _walked(reader) if walked else reader.pages)


def _walked(reader: Any) -> Iterator[Any]:
    from pypdf import PageObject

    left = list(reversed(reader.root_object["/Pages"]["/Kids"]))
    while left:
        node = left.pop()
        if "/Kids" in node.get_object():
            left.extend(reversed(node.get_object()["/Kids"]))
        else:
            yield PageObject(reader, node)


def _each_alone(reader: Any, pages: Iterable[Any]) -> int:
    read = 0
    for page in pages:
        read = _alone(page, read)
        # It keeps every object that it has read.
        reader.resolved_objects.clear()
    return read


def _alone(page: Any, read: int) -> int:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_page(page)
    document = io.BytesIO()
    writer.write(document)
    return zlib.crc32(document.getbuffer(), read)


def zipped(file: BinaryIO) -> int:
    """Read all members, in pieces of 1 MB."""
    read = 0
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as opened:
                while piece := opened.read(_PIECE):
                    read = zlib.crc32(piece, read)
    return read


def xlsx(file: BinaryIO) -> int:
    """Read all rows of all sheets."""
    from openpyxl import load_workbook

    read = 0
    book = load_workbook(file, read_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            read = zlib.crc32("".join(row).encode(), read)
    return read


def parquet(file: BinaryIO) -> int:
    """Read row group by row group."""
    from pyarrow import parquet as pq

    read = 0
    opened = pq.ParquetFile(file)
    for group in range(opened.num_row_groups):
        for column in opened.read_row_group(group).columns:
            for chunk in column.chunks:
                read = zlib.crc32(chunk.buffers()[1], read)
    return read


@dataclass(frozen=True, slots=True)
class Way:
    """A ``kind`` of files, how one is read, and by which module."""

    kind: str
    read: Read
    module: str
    how: str


WAYS = {
    "pdf": Way("pdf", pdf, "pypdf", "PDF, page by page: strict, pages as the tree has them"),
    "zip": Way("zip", zipped, "zipfile", "ZIP, all members"),
    "xlsx": Way("xlsx", xlsx, "openpyxl", "XLSX, all rows"),
    "parquet": Way("parquet", parquet, "pyarrow.parquet", "Parquet, row group by row group"),
}
"""As a careful workload reads, by name."""
OTHERS = {
    "pdf_strict": Way("pdf", partial(pdf, walked=False), "pypdf", "PDF, `reader.pages`, strict"),
    "pdf_plain": Way("pdf", partial(pdf, strict=False, walked=False), "pypdf", "PDF, `reader.pages`"),
    "xlsx4": Way("xlsx4", xlsx, "openpyxl", "XLSX of four sheets, all rows"),
}
"""In other ways: what the reader does by itself, whoever stores the file, costs more."""
ALL = {**WAYS, **OTHERS}
