"""The demo workload, with uploads that can break down in the middle."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from sfn_callback import PENDING, Chunk, demo
from sfn_callback.demo import parts, work
from sfn_callback.documents.source import Document

__all__ = ["combine", "merge", "parts", "process", "split", "work"]

BREAKS = b"break"
"""A document, a chunk or a result that makes the upload of what comes of it fail after its first part."""
ELSEWHERE = b"elsewhere"
"""A chunk that is handed on, to nobody."""
_PART = 8 * 1024 * 1024


def split(document: Document) -> Iterator[Any]:
    """Split as the demo does."""
    if document.peek().startswith(BREAKS):
        yield _breaking()
    yield from demo.split(document)


def process(chunk: Chunk) -> Any:
    """Process as the demo does."""
    if chunk == ELSEWHERE:
        return PENDING if chunk.token else None
    return _breaking() if chunk == BREAKS else demo.process(chunk)


def merge(results: Iterable[bytes]) -> Any:
    """Merge as the demo does."""
    found = list(results)
    return _breaking() if BREAKS in found else demo.merge(found)


def combine(results: Iterable[bytes]) -> Any:
    """Combine as the demo does."""
    found = list(results)
    return _breaking() if BREAKS in found else demo.combine(found)


def _breaking() -> Iterator[bytes]:
    yield bytes(_PART + 1)
    # A part that is on its way when the upload breaks may outlive the abort.
    time.sleep(0.5)
    raise RuntimeError("the upload breaks here")
