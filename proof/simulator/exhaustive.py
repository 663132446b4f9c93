"""Every schedule of a small case: each order of all requests, with at most one fault anywhere.

States are compared, so that each is gone on from once. Requests that nobody else can notice (reading what never
changes, uploading a chunk) and the begin of an attempt are not ordered against others: that would only multiply
schedules that end the same. Their faults are tried all the same.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from proof.simulator import invariants
from proof.simulator.attempts import Ended, Remembered, Request
from proof.simulator.cases import Case
from proof.simulator.invariants import Violation
from proof.simulator.random_schedules import Stage
from proof.simulator.world import OF_EVENTS, OF_REQUESTS, Fault, World

_FAULTS = 1
_Step = Callable[[World], None]


@dataclass
class Explored:
    """What was seen: distinct states, steps between them, how executions ended, and what should not be."""

    states: int = 0
    steps: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)


def explore(case: Case, stage: Stage) -> Explored:
    """Try every schedule of the case."""
    Remembered.forget()
    stage.case = case
    seen: set[int] = set()
    explored = Explored()
    begin = World(case, Remembered)
    worlds = [begin]
    while worlds:
        world = worlds.pop()
        for twin in _next(world, explored):
            key = hash(twin.key())
            if key not in seen:
                seen.add(key)
                worlds.append(twin)
    explored.states = len(seen)
    return explored


def _next(world: World, explored: Explored) -> Iterator[World]:
    if world.quiet and not world.execution.waits and not world.reporters.workers:
        explored.ends[world.execution.error or "SUCCEEDED"] += 1
        return
    for step in _steps(world):
        twin = world.copy()
        explored.steps += 1
        try:
            step(twin)
        except Violation as violation:
            explored.violations[violation.kind] += 1
        else:
            yield twin


def _steps(world: World) -> list[_Step]:
    reports: list[_Step] = [partial(World.speak, number=number) for number in range(len(world.reporters.workers))]
    if world.quiet:
        silence: list[_Step] = [_grow_silent] * world.ledger.is_heard()
        return [*reports, *[_time_out_because_quiet] * world.execution.waits, *silence * world.execution.waits]
    if world.events:
        asynchronous = not world.events[0].state
        return [partial(World.deliver, number=0, fault=fault) for fault in _faults(world, OF_EVENTS * asynchronous)]
    numbers = range(len(world.attempts))
    unnoticed = [number for number in numbers if _is_unnoticed(world.attempts[number].now)]
    steps = [step for number in unnoticed[:1] or numbers for step in _answers(world, number)]
    steps += reports if not unnoticed else []
    if world.faults < _FAULTS:
        steps += [partial(World.time_out, fault=Fault.TIMES_OUT)] * world.execution.waits
        steps += [partial(World.give_up)] * world.invokes
    return steps


def _answers(world: World, number: int) -> list[_Step]:
    return [partial(World.answer, number=number, fault=fault) for fault in _faults(world, OF_REQUESTS)]


def _faults(world: World, kinds: tuple[Fault, ...]) -> tuple[Fault, ...]:
    return (Fault.NONE, *kinds) if world.faults < _FAULTS else (Fault.NONE,)


def _is_unnoticed(request: Request | Ended) -> bool:
    if not isinstance(request, Request) or request.service != "bucket":
        # What is looked at of the wait decides only what is answered.
        return isinstance(request, Request) and request.call == "look"
    return str(request.arguments[0]).partition("/")[0] in ("chunks", "documents")


def _grow_silent(world: World) -> None:
    world.ledger.grow_silent()


def _time_out_because_quiet(world: World) -> None:
    invariants.quiet(world)
    world.time_out()
