"""What is tried: our own protocol in every small schedule and in many large ones, and the others in the same."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from proof.simulator import exhaustive, patches, random_schedules
from proof.simulator.cases import Case
from proof.simulator.durable_mutations import DURABLE_MUTATIONS, UNMARKED_ROUND
from proof.simulator.exhaustive import Explored
from proof.simulator.mutations import COUNTING, MUTATIONS
from proof.simulator.random_schedules import BOUNDARIES, Stage, Tally
from proof.simulator.report_mutations import RARE, REPORTING
from proof.simulator.rival_protocols import USUAL

OURS = "ours: grouped sets, climb if full"
SWEPT = "ours, with the sweeper"
TINY = "ours, in groups of two chunks and sections of two groups"
LIMITED = "ours, in such groups, with quotas of the account and of items"
REPORTED = "ours, with chunks that are finished elsewhere"
REPORTED_SWEPT = "ours, with such chunks, and the sweeper"
REPORTED_TINY = "ours, with such chunks, in groups of two and sections of two groups"
DURABLE = "ours, behind the callback of a durable function"
DURABLE_SWEPT = "ours, behind such a callback, with the sweeper"
DURABLE_LIMITED = "ours, behind such a callback, in such groups, with quotas"
DURABLE_REPORTED = "ours, behind such a callback, with such chunks"
SMALL = (
    Case(()),
    Case(("ok",)),
    Case(("ok", "ok")),
    Case(("ok", "fail")),
    Case(("ok", "reject")),
    Case(("ok", "reject"), tolerated=1),
    Case(("ok", "ok", "ok")),
    Case(("ok", "ok", "reject"), tolerated=1),
)
MOVED = Case(("handed:heartbeat,done/",), rounds=2)
SMALL_REPORTED = (
    Case(("handed:done",), rounds=1),
    Case(("handed:done",), rounds=2),
    MOVED,
    Case(("handed:done,error",), tolerated=1, rounds=1),
    Case(("handed:done", "handed:done"), rounds=1),
    Case(("handed:done", "ok"), rounds=2),
)
SMALL_DURABLE = (
    Case((), durable=True),
    Case(("ok",), durable=True),
    Case(("ok", "ok"), durable=True),
    Case(("ok", "reject"), durable=True),
    Case(("ok", "reject"), tolerated=1, durable=True),
    Case(("handed:done",), rounds=2, durable=True),
)
_PART = 250


@dataclass(frozen=True)
class Size:
    """How many seeds there are: for ours with short documents, with documents at the groups' boundaries, for others."""

    short: int
    boundaries: int
    others: int
    small: tuple[Case, ...] = (*SMALL, *SMALL_REPORTED, *SMALL_DURABLE)


FULL = Size(short=100_000, boundaries=2_000, others=10_000)


def explored(case: Case, name: str = OURS) -> Explored:
    """Try every schedule of a small case; or, broken as a name says in what takes reports or waits, until it shows."""
    now = Stage()
    with patches.handlers(lambda: now.case, wrong={**REPORTING, **DURABLE_MUTATIONS}.get(name)):
        return exhaustive.explore(case, now, first=name != OURS)


def tried(name: str, seeds: range, sizes: tuple[int, ...] = ()) -> Tally:
    """Run random schedules with the protocol of that name."""
    now = Stage()
    # What is wrong with counts shows only where there are several to add.
    tiny = name in (TINY, LIMITED, DURABLE_LIMITED, REPORTED_TINY, *COUNTING)
    varied = {
        "sweeps": name in (SWEPT, REPORTED_SWEPT, DURABLE_SWEPT, UNMARKED_ROUND),
        "limited": name in (LIMITED, DURABLE_LIMITED),
        "pending": name in (REPORTED, REPORTED_SWEPT, REPORTED_TINY, DURABLE_REPORTED, *REPORTING),
        "durable": name in (DURABLE, DURABLE_SWEPT, DURABLE_LIMITED, DURABLE_REPORTED, *DURABLE_MUTATIONS),
    }
    protocol, wrong = {**USUAL, **MUTATIONS, **COUNTING}.get(name), {**REPORTING, **DURABLE_MUTATIONS}.get(name)
    with patches.handlers(lambda: now.case, protocol, tiny=tiny, wrong=wrong):
        return random_schedules.run(seeds, now, sizes=sizes, our_ledger=name not in USUAL, **varied)


@dataclass
class Results:
    """All that was tried: cases by document, protocols by name."""

    explored: list[tuple[Case, Explored]]
    real: Tally
    boundaries: Tally
    swept: Tally
    tiny: Tally
    limited: Tally
    reported: dict[str, Tally]
    durable: dict[str, Tally]
    others: dict[str, Tally]

    def problems(self) -> Iterator[str]:
        """Say what should not be: a violation of ours, or a wrong protocol in which nothing was found."""
        for case, explored in self.explored:
            if explored.violations:
                yield f"{' '.join(case.chunks)}{' (durable)' * case.durable}: {dict(explored.violations)}"
        ours = (self.real, self.boundaries, self.swept, self.tiny, self.limited)
        for tally in (*ours, *self.reported.values(), *self.durable.values()):
            yield from tally.examples.values()
        for name, tally in self.others.items():
            if not tally.violations:
                yield f"nothing was found in {name!r}: the schedules are too tame"


def run(size: Size) -> Results:
    """Try it all, on all processors."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        cases = [(case, pool.submit(explored, case)) for case in reversed(size.small)]
        boundaries = _submit(pool, OURS, size.boundaries, BOUNDARIES)
        real = _submit(pool, OURS, size.short)
        swept = _submit(pool, SWEPT, size.others)
        tiny = _submit(pool, TINY, size.others)
        limited = _submit(pool, LIMITED, size.others)
        sizes = {REPORTED: size.short, REPORTED_SWEPT: size.others, REPORTED_TINY: size.others}
        reported = {name: _submit(pool, name, seeds) for name, seeds in sizes.items()}
        # All but who waits is the same, so that fewer do.
        sizes = {DURABLE: -(-size.short // 4)}
        sizes |= dict.fromkeys((DURABLE_SWEPT, DURABLE_LIMITED, DURABLE_REPORTED), -(-size.others // 2))
        durable = {name: _submit(pool, name, seeds) for name, seeds in sizes.items()}
        others = {name: _submit(pool, name, size.others) for name in (*USUAL, *MUTATIONS, *COUNTING)}
        # Most of what is wrong there shows soon, and they take longer.
        fewer = (*REPORTING, *DURABLE_MUTATIONS)
        others |= {name: _submit(pool, name, -(-size.others // (1 if name in RARE else 5))) for name in fewer}
        return Results(
            explored=[(case, future.result()) for case, future in reversed(cases)],
            real=_sum(real),
            boundaries=_sum(boundaries),
            swept=_sum(swept),
            tiny=_sum(tiny),
            limited=_sum(limited),
            reported={name: _sum(futures) for name, futures in reported.items()},
            durable={name: _sum(futures) for name, futures in durable.items()},
            others={name: _sum(futures) for name, futures in others.items()},
        )


def _submit(pool: ProcessPoolExecutor, name: str, seeds: int, sizes: tuple[int, ...] = ()) -> list[Future[Tally]]:
    parts = (range(first, min(first + _PART, seeds)) for first in range(0, seeds, _PART))
    return [pool.submit(tried, name, part, sizes) for part in parts]


def _sum(futures: list[Future[Tally]]) -> Tally:
    total = Tally()
    for future in futures:
        total.add(future.result())
    return total
