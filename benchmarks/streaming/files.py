"""A workload whose chunks are files: the document is one, as it is; a chunk's result is the chunk's file."""

from collections.abc import Iterator
from typing import BinaryIO

from benchmarks.streaming.large import merge
from sfn_callback.contract import LargeChunk
from sfn_callback.documents.source import Document

__all__ = ["merge", "process", "split"]


def split(document: Document) -> Iterator[BinaryIO]:
    """Yield the document."""
    yield document


def process(chunk: LargeChunk) -> BinaryIO:
    """Return the chunk."""
    return chunk.open()
