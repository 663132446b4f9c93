"""Runs all fan-ins, and keeps what was counted."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.billing.prices import Usage
from benchmarks.fanins import run, workflow
from benchmarks.fanins.alternative import Alternative, Counted
from benchmarks.fanins.dynamo import Flags, OneCounter, Transaction
from benchmarks.fanins.s3 import GroupedMarkers, Markers
from benchmarks.fanins.this_project import Ours

SIZES = (10, 256, 257, 1_000, 10_000)
MILLION = 1_000_000
LARGE = (100_000, MILLION)

# moto looks at the whole bucket for each listing, and sends O(N²) where an item holds all flags.
ALTERNATIVES: dict[type[Alternative], Sequence[int]] = {
    OneCounter: SIZES,
    Transaction: SIZES[:-1],
    Flags: SIZES[:-1],
    Markers: SIZES[:-2],
    GroupedMarkers: SIZES[:-1],
}


@dataclass(frozen=True)
class Results:
    """Ours on moto and in memory, and the alternatives on moto, by the number of chunks.

    ``handlers`` are a job's, by name, for a document of ``document`` chunks.
    """

    on_moto: dict[int, Counted]
    in_memory: dict[int, Counted]
    others: dict[type[Alternative], dict[int, Counted]]
    handlers: dict[str, Usage]
    document: int

    @property
    def this_project(self) -> dict[int, Counted]:
        """Ours, the small sizes first."""
        return dict(sorted({**self.in_memory, **self.on_moto}.items()))


def counted(quick: bool) -> Results:
    """Run all of them, on all processors."""
    small, large = (SIZES[:3], SIZES[3:]) if quick else (SIZES, LARGE)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        in_memory = {size: pool.submit(run.in_memory, size) for size in (*reversed(large), *small)}
        on_moto = pool.submit(run.on_moto, Ours, small)
        sizes = {fanin: (10, 33) if quick else sizes for fanin, sizes in ALTERNATIVES.items()}
        others = {fanin: pool.submit(run.on_moto, fanin, sizes[fanin]) for fanin in ALTERNATIVES}
        document = SIZES[0] if quick else SIZES[2]
        handlers = pool.submit(workflow.run, document)
        return Results(
            on_moto=on_moto.result(),
            in_memory={size: future.result() for size, future in in_memory.items()},
            others={fanin: future.result() for fanin, future in others.items()},
            handlers=handlers.result(),
            document=document,
        )


def computed(fanin: type[Alternative], chunks: int) -> Counted | None:
    """Return what an alternative takes at any size, ``None`` where its item would be too large."""
    if fanin.most_chunks is not None and chunks > fanin.most_chunks:
        return None
    return fanin(run.job(chunks)).expected(chunks)


def differing(results: Results) -> list[str]:
    """Name each alternative and size at which :func:`computed` is not what was counted."""
    return [
        f"{fanin.name} at {chunks}"
        for fanin, by_size in results.others.items()
        for chunks, one in by_size.items()
        if one != computed(fanin, chunks)
    ]
