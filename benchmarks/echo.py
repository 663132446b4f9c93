"""A workload that does next to nothing: what is measured is then this project's, and botocore's.

``CHUNK_BYTES`` (environment) is the size of a chunk.
"""

import os
from collections.abc import Iterable, Iterator

from sfn_callback.documents.source import Document


def split(document: Document) -> Iterator[bytes]:
    """Cut the document into pieces of one size."""
    size = int(os.environ["CHUNK_BYTES"])
    while piece := document.read(size):
        yield piece


def process(chunk: bytes) -> bytes:
    """Return the chunk as it is."""
    return bytes(chunk)


def merge(results: Iterable[bytes]) -> Iterable[bytes]:
    """Put the results behind one another, as they come."""
    return results
