"""Every schedule of a small case: each order of all requests, with at most one fault anywhere.

States are compared, so that each is gone on from once. Requests that nobody else can notice (reading what never
changes, uploading a chunk) and the begin of an attempt are not ordered against others: that would only multiply
schedules that end the same. Their faults are tried all the same.

Where chunks are handed on, the fault is a crash of the processor or of who takes a report, or an event of theirs that
comes twice: with every kind there would be too many states. Rounds end early there anyway, while somebody works.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from proof.simulator import invariants
from proof.simulator.attempts import Ended, Event, Remembered, Request
from proof.simulator.cases import Case
from proof.simulator.invariants import Violation
from proof.simulator.random_schedules import Stage
from proof.simulator.world import OF_EVENTS, OF_REQUESTS, Fault, World

_FAULTS = 1
_OF_REPORTS = ("process", "report")
_NO_FAULT = (Fault.NONE, Fault.NONE)
_IN_A_REPORT = ((Fault.COMES_TWICE, Fault.NONE), (Fault.NONE, Fault.DIES_AFTER))
_Step = Callable[[World], None]


@dataclass
class Explored:
    """What was seen: distinct states, steps between them, how executions ended, and what should not be."""

    states: int = 0
    steps: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)


def explore(case: Case, stage: Stage, *, first: bool = False) -> Explored:
    """Try every schedule of the case, or until the ``first`` that breaks it."""
    Remembered.forget()
    stage.case = case
    seen: set[int] = set()
    explored = Explored()
    begin = World(case, Remembered)
    worlds = [begin]
    while worlds and not (first and explored.violations):
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
        _end(world, explored)
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


def _end(world: World, explored: Explored) -> None:
    try:
        invariants.over(world)
    except Violation as violation:
        explored.violations[violation.kind] += 1
    else:
        explored.ends[world.execution.error or "SUCCEEDED"] += 1


def _steps(world: World) -> list[_Step]:
    if world.quiet:
        silence: list[_Step] = [_grow_silent] * (world.ledger.is_heard() and world.execution.waits)
        return [*_reports(world), *[_time_out_because_quiet] * world.execution.waits, *silence]
    if world.events:
        asynchronous = not world.events[0].state
        faults = _faults(world, _of_events(world, world.events[0]) * asynchronous)
        return [partial(World.deliver, number=0, fault=fault) for fault in faults]
    numbers = range(len(world.attempts))
    unnoticed = [number for number in numbers if _is_unnoticed(world.attempts[number].now)]
    steps = [step for number in unnoticed[:1] or numbers for step in _answers(world, number)]
    steps += _reports(world) if not unnoticed else []
    if world.faults < _FAULTS and not world.case.pending:
        steps += [partial(World.time_out, fault=Fault.TIMES_OUT)] * world.execution.waits
        steps += [partial(World.give_up)] * world.gives_up
    return steps


def _reports(world: World) -> list[_Step]:
    workers = {worker: number for number, worker in enumerate(world.reporters.workers)}
    return [
        partial(_report, number=number, of_event=of_event, of_request=of_request)
        for number in workers.values()
        for of_event, of_request in (_NO_FAULT, *_IN_A_REPORT * (world.faults < _FAULTS))
    ]


def _report(world: World, number: int, of_event: Fault, of_request: Fault) -> None:
    """Let a report be sent just before its first request that anybody can notice."""
    world.speak(number)
    world.deliver(len(world.events) - 1, of_event)
    while _is_unnoticed(world.attempts[-1].now):
        world.answer(len(world.attempts) - 1)
    world.answer(len(world.attempts) - 1, of_request)


def _answers(world: World, number: int) -> list[_Step]:
    faults = _faults(world, _of_requests(world, world.attempts[number].event))
    return [partial(World.answer, number=number, fault=fault) for fault in faults]


def _of_requests(world: World, event: Event) -> tuple[Fault, ...]:
    # A crash before a request is one after another.
    return OF_REQUESTS if not world.case.pending else (Fault.DIES_AFTER,) * (event.handler in _OF_REPORTS)


def _of_events(world: World, event: Event) -> tuple[Fault, ...]:
    return OF_EVENTS if not world.case.pending else (Fault.COMES_TWICE,) * (event.handler in _OF_REPORTS)


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
