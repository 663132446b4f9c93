"""Makes PDFs by hand, so that tests know what is in them: pages of text in a standard font, and what can be wrong."""

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from pypdf import PdfWriter

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_BOX = b"/MediaBox [0 0 595 842]"


@dataclass
class Pdf:
    """Writes objects to a file as they come. Object 1 is the catalogue, and object 2 the root of the page tree."""

    file: BinaryIO
    offsets: dict[int, int] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(3, 10**9)))

    def __post_init__(self) -> None:
        self.file.write(b"%PDF-1.4\n")

    def add(self, body: bytes, number: int | None = None) -> int:
        """Write an object; return its number."""
        number = number or next(self.numbers)
        self.offsets[number] = self.file.tell()
        self.file.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """Write a stream; return its number."""
        return self.add(b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data))

    def text(self, text: str) -> int:
        """Write a page's content, one line of text under the other; return its number."""
        return self.stream(zlib.compress(shown(text)), b"/Filter /FlateDecode")

    def page(self, content: int, resources: bytes, more: bytes = b"") -> int:
        """Write a page; return its number."""
        form = b"<< /Type /Page /Parent 2 0 R %b /Resources %b /Contents %d 0 R %b >>"
        return self.add(form % (_BOX, resources, content, more))

    def close(self, pages: Iterable[int], shared: bytes = b"") -> None:
        """Write the page tree, whose root has ``shared``, and what ends a PDF."""
        kids = [b"%d 0 R" % page for page in pages]
        self.add(b"<< /Type /Catalog /Pages 2 0 R >>", 1)
        self.add(b"<< /Type /Pages /Kids [%b] /Count %d %b >>" % (b" ".join(kids), len(kids), shared), 2)
        start, size = self.file.tell(), max(self.offsets) + 1
        rows = [b"%010d 00000 n \n" % self.offsets[number] for number in range(1, size)]
        self.file.write(b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, b"".join(rows)))
        self.file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))


def shown(text: str, font: str = "F1") -> bytes:
    """Return the content that shows a text, whose characters Windows-1252 has."""
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in text.splitlines()]
    lines = "".join(f"({line}) Tj T*\n" for line in escaped)
    return f"BT /{font} 11 Tf 14 TL 50 780 Td\n{lines}ET\n".encode("cp1252")


Made = Callable[[Pdf, bytes], Iterable[int]]
"""Makes pages, with resources that have the font ``F1``; returns their numbers."""


def pdf(made: Made, shared: bytes = b"") -> bytes:
    """Return a PDF of the pages that ``made`` makes."""
    target = io.BytesIO()
    file = Pdf(target)
    font = file.add(FONT)
    file.close(made(file, b"<< /Font << /F1 %d 0 R >> >>" % font), shared)
    return target.getvalue()


def of_texts(*texts: str) -> bytes:
    """Return a PDF of a page for each text."""
    return pdf(lambda file, fonts: [file.page(file.text(text), fonts) for text in texts])


def encrypted(body: bytes, algorithm: str, password: str) -> bytes:
    """Return a PDF that asks for a password, unless that is empty."""
    writer, target = PdfWriter(clone_from=io.BytesIO(body)), io.BytesIO()
    writer.encrypt(password, "owner", algorithm=algorithm)
    writer.write(target)
    return target.getvalue()
