"""Real libraries read a document on S3 as they read the same bytes in memory."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import docx
import fastavro
import openpyxl
import pdfplumber
import pyarrow as pa
import pypdf
import pytest
from lxml import etree
from pyarrow import parquet

from benchmarks.random_access import files
from sfn_callback.aws import ranges
from sfn_callback.documents.source import Document, open_document
from testing.environment import BUCKET

KEY = "documents/d.bin"

Upload = Callable[[bytes], Document]


@pytest.fixture
def upload(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Upload:
    """Return what makes a document of bytes, which has many ranges."""

    def uploaded(body: bytes) -> Document:
        monkeypatch.setattr(ranges, "RANGE_BYTES", max(64, len(body) // 20))
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)
        return open_document(s3, BUCKET, KEY)

    return uploaded


@pytest.fixture
def pdf(tmp_path: Path) -> bytes:
    """Return a PDF of ten pages of 100 KB."""
    files.pdf(tmp_path / "d.pdf", 1)
    return (tmp_path / "d.pdf").read_bytes()


def check(read: Callable[[Any], Any], body: bytes, document: Document) -> None:
    """Both give the same, and there is something to give; the document has many ranges."""
    assert document.size > 10 * ranges.RANGE_BYTES
    right = read(io.BytesIO(body))
    assert right
    assert read(document) == right


def test_pypdf_splits_a_document_page_by_page(upload: Upload, pdf: bytes) -> None:
    def pages(file: BinaryIO) -> list[bytes]:
        alone = []
        for page in pypdf.PdfReader(file).pages:
            writer = pypdf.PdfWriter()
            writer.add_page(page)
            written = io.BytesIO()
            writer.write(written)
            alone.append(written.getvalue())
        return alone

    check(pages, pdf, upload(pdf))
    assert len(pages(io.BytesIO(pdf))) == 10


def test_pdfplumber_reads_pages_and_their_pictures(upload: Upload, pdf: bytes) -> None:
    def pages(file: Any) -> list[Any]:
        with pdfplumber.open(file) as opened:
            return [
                (page.page_number, image["x1"], image["stream"].get_rawdata())
                for page in opened.pages
                for image in page.images
            ]

    check(pages, pdf, upload(pdf))


def test_zipfile_reads_members_in_any_order(upload: Upload) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.txt", f"member {number}\n" * 50 * number)

    def members(file: BinaryIO) -> list[tuple[str, bytes]]:
        with zipfile.ZipFile(file) as archive:
            return [(name, archive.read(name)) for name in reversed(archive.namelist())]

    check(members, body.getvalue(), upload(body.getvalue()))


def test_openpyxl_reads_rows(upload: Upload) -> None:
    book, body = openpyxl.Workbook(write_only=True), io.BytesIO()
    for title in ("one", "two"):
        sheet = book.create_sheet(title)
        for row in range(200):
            sheet.append([f"{title} {row}", row, row / 7])
    book.save(body)

    def rows(file: BinaryIO) -> list[Any]:
        opened = openpyxl.load_workbook(file, read_only=True)
        return [row for sheet in opened.worksheets for row in sheet.iter_rows(values_only=True)]

    check(rows, body.getvalue(), upload(body.getvalue()))


def test_python_docx_reads_paragraphs(upload: Upload) -> None:
    written, body = docx.Document(), io.BytesIO()
    for number in range(50):
        written.add_paragraph(f"Paragraph {number}, größer.")
    written.save(body)

    def paragraphs(file: BinaryIO) -> list[str]:
        return [paragraph.text for paragraph in docx.Document(file).paragraphs]

    check(paragraphs, body.getvalue(), upload(body.getvalue()))


def test_pyarrow_reads_a_parquet_file_row_group_by_row_group(upload: Upload) -> None:
    body = io.BytesIO()
    table = pa.table({"number": list(range(5_000)), "text": [f"row {row}" for row in range(5_000)]})
    parquet.write_table(table, body, row_group_size=500)

    def groups(file: BinaryIO) -> list[Any]:
        opened = parquet.ParquetFile(file)
        return [opened.read_row_group(group).to_pydict() for group in reversed(range(opened.num_row_groups))]

    check(groups, body.getvalue(), upload(body.getvalue()))


def test_gzip_reads_what_was_compressed(upload: Upload) -> None:
    body = gzip.compress(b"".join(b"%d\n" % number for number in range(20_000)))
    check(lambda file: gzip.GzipFile(fileobj=file).readlines(), body, upload(body))


def test_lxml_reads_elements_as_they_come(upload: Upload) -> None:
    rows = "".join(f'<row id="{number}">größer {number}</row>' for number in range(2_000))
    body = f"<rows>{rows}</rows>".encode()

    def elements(file: BinaryIO) -> list[Any]:
        return [(element.get("id"), element.text) for _, element in etree.iterparse(file, tag="row")]

    check(elements, body, upload(body))


def test_csv_reads_rows_of_text(upload: Upload) -> None:
    body = "".join(f'{number},"größer,\r\n{number}"\r\n' for number in range(1_000)).encode()

    def rows(file: BinaryIO) -> list[list[str]]:
        return list(csv.reader(io.TextIOWrapper(file, "utf-8", newline="")))

    check(rows, body, upload(body))


def test_fastavro_reads_records(upload: Upload) -> None:
    fields = [{"name": "number", "type": "long"}, {"name": "text", "type": "string"}]
    body = io.BytesIO()
    records = ({"number": number, "text": f"größer {number}"} for number in range(2_000))
    fastavro.writer(body, {"type": "record", "name": "r", "fields": fields}, records, sync_interval=1_000)
    check(lambda file: list(fastavro.reader(file)), body.getvalue(), upload(body.getvalue()))


def test_a_document_can_be_read_in_pieces_after_it_was_sought(upload: Upload) -> None:
    body = bytes(range(256)) * 10

    def pieces(file: BinaryIO) -> bytes:
        file.seek(-1_000, io.SEEK_END)
        return b"".join(iter(partial(file.read, 7), b""))

    check(pieces, body, upload(body))
