"""A workload whose chunks are lines: ``ok …`` is done, ``fail …`` fails at every attempt, ``reject …`` at once."""

from collections.abc import Iterable, Iterator

from sfn_callback import ChunkRejected


def split(document: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines."""
    yield from document


def process(chunk: bytes) -> bytes:
    """Return the line in upper case."""
    if chunk.startswith(b"fail"):
        raise RuntimeError("this chunk fails")
    if chunk.startswith(b"reject"):
        raise ChunkRejected("this chunk is rejected")
    return chunk.upper()


def merge(results: Iterable[bytes]) -> bytes:
    """Join them."""
    return b"".join(results)
