"""The documents that are tried."""

import random
from dataclasses import dataclass

LONGEST = 9
"""Chunks of a short document."""


@dataclass(frozen=True, slots=True)
class Case:
    """A document, chunk by chunk (``ok``, ``fail`` or ``reject``), and how many may fail.

    ``our_ledger``: whether the protocol keeps our ledger, so that it can be checked as well.
    """

    chunks: tuple[str, ...]
    tolerated: int = 0
    our_ledger: bool = True

    def line(self, index: int) -> bytes:
        """Return a chunk."""
        return f"{self.chunks[index]} {index}\n".encode()


def drawn(chance: random.Random, sizes: tuple[int, ...], our_ledger: bool) -> Case:
    """Draw a case: of one of the sizes, or a short one."""
    size = chance.choice(sizes) if sizes else chance.randint(0, LONGEST)
    failing = min(size, chance.choice((0, 0, 0, 1, 2, 3)))
    chunks = [chance.choice(("fail", "reject")) for _ in range(failing)] + ["ok"] * (size - failing)
    chance.shuffle(chunks)
    return Case(tuple(chunks), chance.choice((0, 0, 1, 2)), our_ledger)
