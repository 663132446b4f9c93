"""Random schedules: a seed decides the document, who goes next, and what goes wrong."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from proof.simulator import cases, invariants
from proof.simulator.answers import Answers
from proof.simulator.attempts import Running
from proof.simulator.cases import LONGEST, Case
from proof.simulator.invariants import Violation
from proof.simulator.limits import Limits
from proof.simulator.world import OF_EVENTS, OF_REQUESTS, Fault, World

BOUNDARIES = (255, 256, 257, 513)
_MOST_SWEEPS = 5


@dataclass
class Tally:
    """What was run, what was injected, and how it ended."""

    schedules: int = 0
    steps: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Count another's."""
        self.schedules += other.schedules
        self.steps += other.steps
        self.refused += other.refused
        for name in ("faults", "ends", "violations"):
            getattr(self, name).update(getattr(other, name))
        self.examples = {**other.examples, **self.examples}


def run(  # noqa: PLR0913 - one for each thing that differs
    seeds: Iterable[int],
    stage: "Stage",
    *,
    sizes: tuple[int, ...] = (),
    our_ledger: bool = True,
    sweeps: bool = False,
    limited: bool = False,
    pending: bool = False,
    durable: bool = False,
) -> Tally:
    """Run a schedule for each seed; ``sizes``: of the documents, else they are short.

    ``sweeps``: the sweeper is on. ``limited``: AWS has quotas. ``pending``: chunks are handed on.
    ``durable``: a durable function waits.
    """
    tally = Tally()
    for seed in seeds:
        chance = random.Random(seed)
        case = cases.drawn_pending(chance) if pending else cases.drawn(chance, sizes, our_ledger)
        case = stage.case = replace(case, durable=durable)
        # A round of the sweeper's has the same token, and may ask once more, as may who reports once more.
        answers = Answers() if our_ledger and not sweeps and not pending else None
        world = World(case, Running, Limits() if limited else None, answers)
        schedule = Schedule(chance, world, tally, random.Random(f"sweeps {seed}") if sweeps else None)
        try:
            schedule.run()
            invariants.over(world)
            tally.refused += schedule.world.refused
            tally.ends[schedule.world.execution.error or "SUCCEEDED"] += 1
        except Violation as violation:
            tally.violations[violation.kind] += 1
            tally.examples.setdefault(violation.kind, f"seed {seed}: {violation}")
    return tally


@dataclass
class Stage:
    """The case that the handlers' settings are of at the moment."""

    case: Case = Case(())  # noqa: RUF009 - it is a value


class Schedule:
    """One schedule, step by step."""

    def __init__(self, chance: random.Random, world: World, tally: Tally, sweeps: random.Random | None) -> None:
        self.world, case = world, world.case
        self._chance = chance
        self._tally = tally
        self._sweeps = sweeps
        self._swept = 0
        # As many faults in a large document as in a small one: its split has three attempts as well.
        self._rate = chance.choice((0.0, 0.02, 0.1)) * min(1, LONGEST / (len(case.chunks) or 1))
        self._most = chance.randint(1, 4 + len(case.chunks) // 2)
        # Whoever works elsewhere is quick, or slower than rounds.
        self._quick = chance.choice((0.02, 0.1, 0.5)) if case.pending else 0
        tally.schedules += 1

    def run(self) -> None:
        """Go on until nothing can happen any more."""
        while not self.world.quiet or self.world.execution.waits or self.world.reporters.workers:
            self._tally.steps += 1
            if not self._sweep():
                self._step()

    def _sweep(self) -> bool:
        # Mostly while it waits, when there is something to find; often, for so short a time.
        due = self._sweeps and self._swept < _MOST_SWEEPS and self._sweeps.random() < (0.05, 0.3)[self.world.quiet]
        if due:
            self._swept += 1
            self.world.sweep(self._swept)
        return bool(due)

    def _step(self) -> None:
        world = self.world
        if world.reporters.workers and self._speaks():
            world.speak(self._chance.randrange(len(world.reporters.workers)))
        elif world.case.pending and world.ledger.is_heard() and self._chance.random() < (0.02, 0.3)[world.quiet]:
            world.ledger.grow_silent()
        elif world.quiet:
            invariants.quiet(world)
            world.time_out()
        elif world.execution.waits and self._goes_wrong(0.1):
            world.time_out(self._noted(Fault.TIMES_OUT))
        elif world.gives_up and self._goes_wrong(0.2):
            self._noted(Fault.GIVEN_UP)
            world.give_up()
        else:
            self._go_on()

    def _speaks(self) -> bool:
        return self._chance.random() < self._quick or (self.world.quiet and not self.world.execution.waits)

    def _go_on(self) -> None:
        world = self.world
        number = self._chance.randrange(len(world.events) + len(world.attempts))
        if number < len(world.events):
            # Only Lambda's asynchronous events come twice, or not at all.
            asynchronous = not world.events[number].state
            world.deliver(number, self._fault(OF_EVENTS if asynchronous else ()))
            return
        world.answer(number - len(world.events), self._fault(OF_REQUESTS))

    def _fault(self, kinds: tuple[Fault, ...]) -> Fault:
        return self._noted(self._chance.choice(kinds)) if kinds and self._goes_wrong() else Fault.NONE

    def _goes_wrong(self, part: float = 1) -> bool:
        return self.world.faults < self._most and self._chance.random() < self._rate * part

    def _noted(self, fault: Fault) -> Fault:
        self._tally.faults[fault.value] += 1
        return fault
