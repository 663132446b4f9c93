"""The documents that are tried."""

import random
from dataclasses import dataclass, field

from proof.simulator.reporters import DONE, ERROR, HEARTBEAT

LONGEST = 9
"""Chunks of a short document."""


@dataclass(frozen=True, slots=True)
class Case:
    """A document, chunk by chunk (``ok``, ``fail``, ``reject`` or ``handed:…``), and how many may fail.

    A chunk that is ``handed:heartbeat,done/error`` is handed on. Whoever gets it first reports, in that order, that it
    works on it and what it has become; whoever gets it later, that it has failed. Nothing said is a report lost.

    ``our_ledger``: whether the protocol keeps our ledger, so that it can be checked as well. ``rounds``: how many there
    are at most. ``again``: the rounds in which chunks are handed on whoever works on them. ``durable``: whether a
    durable function waits, and not a machine.
    """

    chunks: tuple[str, ...]
    tolerated: int = 0
    our_ledger: bool = True
    rounds: int = 3
    again: frozenset[int] = frozenset()
    durable: bool = False
    pending: bool = field(init=False, repr=False, compare=False)
    """Whether chunks are handed on."""

    def __post_init__(self) -> None:
        # Asked with every request: https://docs.python.org/3/library/dataclasses.html#frozen-instances
        object.__setattr__(self, "pending", any(chunk.startswith("handed:") for chunk in self.chunks))

    def to_say(self, index: int, before: int) -> tuple[str, ...]:
        """Return what is to be said of a chunk by who gets it after so many others."""
        each = self.chunks[index].partition(":")[2].split("/")
        return tuple(filter(None, each[min(before, len(each) - 1)].split(",")))

    def may_fail(self, index: int) -> tuple[bool, ...]:
        """Return how a chunk may end while nothing goes wrong: whether it fails; nothing where it may have no end."""
        chunk = self.chunks[index]
        if not chunk.startswith("handed:"):
            return (chunk != "ok",)
        each = [set(self.to_say(index, before)) - {HEARTBEAT} for before in range(chunk.count("/") + 1)]
        return tuple({word == ERROR for said in each for word in said}) if all(each) else ()

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


_SAID = (
    *((DONE,),) * 6,
    *((HEARTBEAT, DONE),) * 6,
    (ERROR,),
    (HEARTBEAT, ERROR),
    (HEARTBEAT, HEARTBEAT, DONE),
    (HEARTBEAT, DONE, DONE),
    (DONE, HEARTBEAT),
    (HEARTBEAT, DONE, ERROR),
    (HEARTBEAT, ERROR, DONE),
    (ERROR, DONE),
    (HEARTBEAT,),
    (),
)


def drawn_pending(chance: random.Random) -> Case:
    """Draw a case of which chunks are handed on."""
    tolerated = chance.choice((0, 0, 1, 2))
    chunks = [_handed(chance), *(chance.choice((_handed(chance),) * 3 + ("ok",)) for _ in range(chance.randint(0, 4)))]
    if tolerated and chance.random() < 0.3:
        chunks.append(chance.choice(("fail", "reject")))
    chance.shuffle(chunks)
    again = frozenset(number for number in (1, 2) if chance.random() < 0.1)
    return Case(tuple(chunks), tolerated, again=again)


def _handed(chance: random.Random) -> str:
    return "handed:" + "/".join(",".join(chance.choice(_SAID)) for _ in range(chance.randint(1, 3)))
