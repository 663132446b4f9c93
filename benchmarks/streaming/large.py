"""A workload of chunks that are larger than the memory: they go through it in pieces of 1 MB, and out as they came.

``CHUNK_BYTES`` (environment) is the size of a chunk.
"""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import BinaryIO

from sfn_callback.contract import LargeChunk, Results
from sfn_callback.documents.source import Document

_PIECE = 1024 * 1024


def split(document: Document) -> Iterator[Iterable[bytes]]:
    """Cut the document into chunks of one size."""
    size = int(os.environ["CHUNK_BYTES"])
    for first in range(0, document.size, size):
        yield _pieces(document, min(size, document.size - first))


def process(chunk: LargeChunk) -> Iterator[bytes]:
    """Yield the chunk as it is."""
    with chunk.open() as file:
        yield from _pieces(file, chunk.size)


def merge(results: Results) -> Iterator[bytes]:
    """Put the results behind one another."""
    for file in results.files():
        yield from iter(partial(file.read, _PIECE), b"")


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    for first in range(0, size, _PIECE):
        yield file.read(min(_PIECE, size - first))
