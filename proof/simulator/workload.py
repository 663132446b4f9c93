"""A workload whose chunks are lines.

``ok …`` is done, ``fail …`` fails at every attempt, ``reject …`` at once, and ``handed:…`` is handed on.
"""

from collections.abc import Iterable, Iterator

from proof.simulator.attempts import ask
from sfn_callback import PENDING, Chunk, ChunkRejected
from sfn_callback.contract import Pending


def split(document: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines."""
    yield from document


def process(chunk: Chunk) -> bytes | Pending:
    """Return the line in upper case."""
    if chunk.startswith(b"handed"):
        ask("reporters", "take", chunk.token)
        return PENDING
    if chunk.startswith(b"fail"):
        raise RuntimeError("this chunk fails")
    if chunk.startswith(b"reject"):
        raise ChunkRejected("this chunk is rejected")
    return chunk.upper()


def merge(results: Iterable[bytes]) -> bytes:
    """Join them."""
    return b"".join(results)
