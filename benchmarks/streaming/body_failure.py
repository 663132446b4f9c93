"""A workload that fails when it has given 40 MB of a body, so that parts of it are there."""

from collections.abc import Iterable, Iterator
from itertools import islice

from benchmarks.streaming import large
from sfn_callback.contract import LargeChunk, Results
from sfn_callback.documents.source import Document

_PIECES = 40


class BodyFailure(Exception):
    """What it fails with."""


def split(document: Document) -> Iterator[Iterable[bytes]]:
    """Yield one chunk, and break off in it."""
    yield from map(_break, large.split(document))


def process(chunk: LargeChunk) -> Iterator[bytes]:
    """Break off in the result."""
    return _break(large.process(chunk))


def merge(results: Results) -> Iterator[bytes]:
    """Break off in what is merged."""
    return _break(large.merge(results))


def _break(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from islice(pieces, _PIECES)
    raise BodyFailure
