"""Files of a size, the same bytes each time: PDF, ZIP, XLSX and Parquet, of contents that hardly compress."""

import base64
import random
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

MB = 1024 * 1024
_PICTURE = 100 * 1024
_FONT = 200 * 1024
_CELL, _CELLS_A_ROW = 2_000, 10
_COLUMNS, _ROW_GROUP = 8, 4 * MB
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DATE = (2026, 1, 31, 0, 0, 0)


def pdf(path: Path, megabytes: int) -> None:
    """Pages, each a picture behind its page object, of one font; the tree of pages is at the end."""
    count = megabytes * MB // _PICTURE
    with path.open("wb") as file:
        write = _PdfWriter(file)
        font = write.stream(b"/Length1 %d" % _FONT, random.Random(0).randbytes(_FONT))
        tree = font + 3 * count + 1
        pages = [_page(write, tree, font, number) for number in range(count)]
        kids = b" ".join(b"%d 0 R" % page for page in pages)
        write.item(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids))
        write.end(write.item(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def _page(write: "_PdfWriter", tree: int, font: int, number: int) -> int:
    page = write.next
    write.item(
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources"
        b" << /XObject << /I %d 0 R >> /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /B /FontFile %d 0 R >> >>"
        b" >> >>" % (tree, page + 1, page + 2, font)
    )
    write.stream(b"", b"q 612 0 0 792 0 0 cm /I Do Q")
    picture = b"/Type /XObject /Subtype /Image /Width 600 /Height 800 /ColorSpace /DeviceRGB /Filter /DCTDecode"
    write.stream(picture, random.Random(number).randbytes(_PICTURE))
    return page


class _PdfWriter:
    """Writes objects one after the other, and at the end where each of them is."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at: list[int] = []
        file.write(b"%PDF-1.7\n")

    @property
    def next(self) -> int:
        """The number of the object that is next."""
        return len(self._at) + 1

    def item(self, body: bytes) -> int:
        """Write an object; return its number."""
        self._at.append(self._file.tell())
        self._file.write(b"%d 0 obj\n%s\nendobj\n" % (len(self._at), body))
        return len(self._at)

    def stream(self, said: bytes, body: bytes) -> int:
        """Write a stream; return its number."""
        return self.item(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (said, len(body), body))

    def end(self, root: int) -> None:
        """Write where each object is."""
        at = self._file.tell()
        entries = b"".join(b"%010d 00000 n \n" % offset for offset in self._at)
        self._file.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (self.next, entries))
        self._file.write(b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (self.next, root, at))


def zipped(path: Path, megabytes: int) -> None:
    """Members of 1 MB: pictures, which are stored; each eighth is a text, which is deflated."""
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive:
        for number in range(megabytes):
            kind = zipfile.ZIP_STORED if number % 8 else zipfile.ZIP_DEFLATED
            body = random.Random(number).randbytes(MB)
            archive.writestr(_member(f"{number:05d}"), body if number % 8 else _text(body), kind)


def _text(drawn: bytes) -> bytes:
    # It is deflated to about what was drawn.
    return base64.b64encode(drawn)


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, _DATE)


def xlsx(path: Path, megabytes: int, sheets: int = 1) -> None:
    """Sheets of rows of ten long texts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in _workbook(sheets):
            archive.writestr(_member(name), body)
        rows = megabytes * MB // (_CELL * _CELLS_A_ROW * sheets)
        for sheet in range(1, sheets + 1):
            _sheet(archive, sheet, rows)


def _sheet(archive: zipfile.ZipFile, sheet: int, rows: int) -> None:
    info = _member(f"xl/worksheets/sheet{sheet}.xml")
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as file:
        file.write(f'<worksheet {_NS}><dimension ref="A1:J{rows}"/><sheetData>'.encode())
        for row in range(1, rows + 1):
            drawn = random.Random(sheet * 1_000_000 + row)
            cells = "".join(_cell(drawn) for _ in range(_CELLS_A_ROW))
            file.write(f'<row r="{row}">{cells}</row>'.encode())
        file.write(b"</sheetData></worksheet>")


def _cell(drawn: random.Random) -> str:
    return f'<c t="inlineStr"><is><t>{_text(drawn.randbytes(_CELL)).decode()}</t></is></c>'


def _workbook(sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{main}.worksheet+xml"/>' for at in numbers
    )
    book = f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>'
    yield "[Content_Types].xml", f'<Types xmlns="{package}/content-types">{book}{parts}</Types>'
    to_book = f'<Relationship Id="r1" Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/>'
    yield "_rels/.rels", f'<Relationships xmlns="{package}/relationships">{to_book}</Relationships>'
    listed = "".join(f'<sheet name="s{at}" sheetId="{at}" r:id="r{at}"/>' for at in numbers)
    yield "xl/workbook.xml", f'<workbook {_NS} xmlns:r="{_RELS}"><sheets>{listed}</sheets></workbook>'
    to_sheets = "".join(
        f'<Relationship Id="r{at}" Type="{_RELS}/worksheet" Target="worksheets/sheet{at}.xml"/>' for at in numbers
    )
    yield "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{to_sheets}</Relationships>'


def parquet(path: Path, megabytes: int) -> None:
    """Row groups of about 4 MB, of eight columns of numbers."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    groups = max(1, megabytes * MB // _ROW_GROUP)
    rows = megabytes * MB // groups // 8 // _COLUMNS
    schema = pa.schema([(f"c{number}", pa.int64()) for number in range(_COLUMNS)])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for group in range(groups):
            drawn = random.Random(group)
            columns = [_numbers(pa, drawn, rows) for _ in range(_COLUMNS)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=rows)


def _numbers(pa: Any, drawn: random.Random, rows: int) -> Any:
    return pa.Array.from_buffers(pa.int64(), rows, [None, pa.py_buffer(drawn.randbytes(rows * 8))])


MAKE: dict[str, Callable[[Path, int], None]] = {
    "pdf": pdf,
    "zip": zipped,
    "xlsx": xlsx,
    "xlsx4": partial(xlsx, sheets=4),
    "parquet": parquet,
}
"""Makes a file of so many megabytes, by its kind."""
