"""The text of scanned pages: a document is a ZIP of pictures, and each page is recognised in a function of its own."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator

from sfn_callback import Chunk, Document, LargeChunk, NewChunk, Results


def split(document: Document) -> Iterator[NewChunk]:
    """Yield each picture, in the order of their names."""
    with zipfile.ZipFile(document) as scans:
        for name in sorted(name for name in scans.namelist() if not name.endswith("/")):
            yield NewChunk(scans.read(name), name=name)


def process(chunk: Chunk | LargeChunk) -> bytes:
    """Return a picture's text."""
    return recognised(chunk.open().read())


def merge(results: Results) -> bytes:
    """Return all texts, with a form feed between pages."""
    return b"\f".join(results)


def recognised(picture: bytes) -> bytes:
    """Return what Tesseract reads in a picture, in UTF-8. Only the image has that program."""
    command = ["/usr/bin/tesseract", "stdin", "stdout"]
    return subprocess.run(command, input=picture, capture_output=True, check=True, timeout=240).stdout  # noqa: S603


if __name__ == "__main__":
    sys.stdout.buffer.write(recognised(sys.stdin.buffer.read()))
