"""The world that a schedule runs in: events on their way, attempts under way, one execution, and what can go wrong."""

import json
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any, cast

from proof.simulator import deliveries, invariants
from proof.simulator.answers import Answers
from proof.simulator.attempts import NO_ANSWER, Answer, Attempt, Ended, Event, Request
from proof.simulator.cases import Case
from proof.simulator.deliveries import ATTEMPTS, BUCKET, created, failed, fanin_of, index_of, slot_of
from proof.simulator.durable import UNKNOWN, DurableFunction
from proof.simulator.limits import Limits
from proof.simulator.machine import Execution
from proof.simulator.reporters import Place, Reporters, Worker
from proof.simulator.services import Bucket, Ledger, Table
from sfn_callback.ids import of_fanin

_DOCUMENT = "documents/d.txt"


class Fault(Enum):
    """What can go wrong at a step."""

    NONE = "nothing"
    THROTTLED = "request throttled"
    NO_ANSWER = "request done, answer lost"
    TWICE = "request sent twice"
    DIES_BEFORE = "crash before a request"
    DIES_AFTER = "crash after a request"
    GIVEN_UP = "invocation given up, and going on"
    COMES_TWICE = "event delivered twice"
    LOST = "event lost"
    TIMES_OUT = "wait timed out early"


OF_REQUESTS = (Fault.THROTTLED, Fault.NO_ANSWER, Fault.TWICE, Fault.DIES_BEFORE, Fault.DIES_AFTER)
OF_EVENTS = (Fault.COMES_TWICE, Fault.LOST)


class World:
    """All that there is. ``attempt`` makes an attempt of an event: one that runs, or one that is remembered.

    With ``limits`` AWS refuses what is more than they give; with ``answers`` it is seen who asks in vain.
    """

    def __init__(self, case: Case, attempt: Any, limits: Limits | None = None, answers: Answers | None = None) -> None:
        self.case = case
        self._attempt = attempt
        self._limits = limits
        self._answers = answers
        self.bucket, self.ledger, self.table = Bucket(), Ledger(), Table()
        self.bucket.put(_DOCUMENT, b"".join(case.line(index) for index in range(len(case.chunks))))
        kind = DurableFunction if case.durable else Execution
        self.execution: Execution = kind({"bucket": BUCKET, "key": _DOCUMENT}, case.rounds)
        self.reporters = Reporters()
        self.events: list[Event] = []
        self.attempts: list[Attempt] = []
        self.slots: dict[tuple[str, int], int] = {}
        self.reported: frozenset[int] = frozenset()
        self.lost: frozenset[str] = frozenset()
        self.faults = 0
        self.refused = 0
        self._machine_does(self.execution.go_on())

    def copy(self) -> "World":
        """Return a world of its own that is in the same state; its attempts must be remembered ones."""
        twin = World.__new__(World)
        twin.__dict__.update(self.__dict__)
        for name in ("bucket", "ledger", "table", "execution", "events", "attempts", "slots"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def key(self) -> tuple[Any, ...]:
        """Return what tells this state from others."""
        attempts = sorted((hash(one.event), hash(one.answers)) for one in self.attempts)  # type: ignore[union-attr]
        events = tuple(sorted(map(hash, self.events)))
        services = self.bucket.key(), self.ledger.key(), self.table.key(), self.reporters.key()
        return *services, self.execution.key(), events, tuple(attempts), self.reported, self.lost, self.faults

    @property
    def quiet(self) -> bool:
        """Whether nothing is on its way or under way."""
        return not self.events and not self.attempts

    def deliver(self, number: int, fault: Fault = Fault.NONE) -> None:
        """Let an event invoke its handler."""
        event = self.events.pop(number)
        self.faults += fault is not Fault.NONE
        if fault is Fault.LOST:
            self._is_lost(event)
            return
        if fault is Fault.COMES_TWICE:
            self.events.append(deliveries.twin(event))
        if '"error": "OutOfInk"' in event.text:
            self.reported |= {self.place_of(event)[1]}
        elif event.handler == "chunk_failed" or (event.handler == "process" and self._rejects(event)):
            self.reported |= {index_of(event)}
        if self._answers:
            self._answers.begins(event)
        self._under_way(self._attempt(event))

    def answer(self, number: int, fault: Fault = Fault.NONE) -> None:
        """Let an attempt's request have its effect, and go on with its answer."""
        attempt = self.attempts.pop(number)
        request = cast(Request, attempt.now)
        self.faults += fault is not Fault.NONE
        answer = Answer(error="ThrottlingException")
        if fault not in (Fault.THROTTLED, Fault.DIES_BEFORE) and not self._is_refused(request):
            answer = self._apply(attempt.event, request)
        if fault is Fault.TWICE:
            answer = self._apply(attempt.event, request)
        if fault in (Fault.DIES_BEFORE, Fault.DIES_AFTER):
            self._ended(attempt.event, Ended(error="Runtime.ExitError"))
        else:
            self._under_way(attempt.answered(Answer(error=NO_ANSWER) if fault is Fault.NO_ANSWER else answer))

    def speak(self, number: int) -> None:
        """Let somebody report, who works on a chunk elsewhere."""
        chunk = self.case.line(self.reporters.workers[number].index)
        self.reporters, event = self.reporters.speak(number, chunk)
        self.events.append(event)

    def time_out(self, fault: Fault = Fault.NONE) -> None:
        """Let the wait time out."""
        self.faults += fault is not Fault.NONE
        if any(worker.will_end for worker in self.reporters.workers):
            self.reporters = replace(self.reporters, overdue=True)
        self._machine_does(self.execution.time_out())

    def give_up(self) -> None:
        """Let the machine give up an invocation, which goes on all the same, or kill the durable function."""
        self.faults += 1
        self._machine_does(self.execution.give_up())

    def sweep(self, number: int) -> None:
        """Let the sweeper's schedule fire."""
        self.events.append(deliveries.sweep(number))

    @property
    def gives_up(self) -> bool:
        """Whether the machine waits for an invocation to return; a durable function may be killed at any moment."""
        running = self.execution.status == "RUNNING"
        invokes = (one.event.state == self.execution.entered for one in self.attempts)
        return running and (self.case.durable or any(invokes))

    def has_result(self, job: str, index: int) -> bool:
        """Return whether a chunk has a result."""
        return f"results/{job}/{index:08d}" in self.bucket.objects

    def place_of(self, report: Event) -> tuple[Place, int]:
        """Return the place of a report's token, and the chunk."""
        return self.reporters.places[json.loads(report.text)["token"]]

    def index_at(self, fanin: str, slot: int) -> int:
        """Return the chunk that a slot of a fan-in is."""
        return self.slots.get((fanin, slot), slot)

    def reaches(self, place: Place) -> frozenset[Place]:
        """Return where a place's outcome is to be recorded: there, and wherever it was moved."""
        there, new = frozenset[Place](), {place}
        while new := new - there:
            there |= new
            moved = (one for one in self.ledger.groups.items() if one[1].moved)
            new = {(to, at) for (name, _), group in moved for slot, to, at in group.moved if (name, slot) in there}
        return there

    def outcomes(self, fanin: str) -> Iterator[tuple[int, int, bool]]:
        """Yield slot, index and whether it is done, of each slot of a fan-in that has an outcome."""
        for (name, _), group in self.ledger.groups.items():
            if name == fanin:
                for slot in group.done | group.failed:
                    yield slot, self.index_at(fanin, slot), slot in group.done

    def _is_refused(self, request: Request) -> bool:
        if self._limits is None:
            return False
        self._limits.step()
        refused = self._limits.refuses(request)
        self.refused += refused
        return refused

    def _under_way(self, attempt: Attempt) -> None:
        if isinstance(attempt.now, Ended):
            self._ended(attempt.event, attempt.now)
        else:
            self.attempts.append(attempt)

    def _ended(self, event: Event, ended: Ended) -> None:
        if self._answers:
            self._answers.ends(event)
        if event.handler == "report":
            invariants.answered(self, event, ended)
        if event.handler == "process" and not ended.error:
            invariants.processed(self, event)
        if event.state:
            if event.state == self.execution.entered and self.execution.status == "RUNNING":
                self._machine_does(self.execution.invoked(ended))
        elif ended.error and event.attempt < ATTEMPTS:
            self.events.append(event.again())
        elif ended.error and event.handler == "process":
            self.events.append(failed(event, ended))
        elif ended.error:
            # It is in the queue of what could not be delivered.
            self._is_lost(event)

    def _is_lost(self, event: Event) -> None:
        if event.handler == "report":
            self.reporters = self.reporters.is_lost(event)
            place, _ = self.place_of(event)
            # Its outcome is there, and perhaps nobody has climbed from it.
            if invariants.has(self, place):
                self.lost |= {fanin for fanin, _ in self.reaches(place)}
        # No job counts on a sweep.
        elif event.handler != "sweep":
            self.lost |= {fanin_of(event)}

    def _machine_does(self, event: Event | None) -> None:
        if event:
            self.events.append(event)
        elif self.execution.status != "RUNNING":
            invariants.end(self)

    def _apply(self, event: Event, request: Request) -> Answer:
        if request.service in ("states", "callbacks"):
            return self._verdict(event, request)
        if request.service == "executions":
            known = request.arguments == (self.execution.arn,)
            return Answer(self.execution.status) if known else Answer(error=UNKNOWN)
        if request.service == "functions":
            return self._invoke(str(request.arguments[0]))
        if request.service == "reporters":
            return self._hand_on(event, str(request.arguments[0]))
        if request.service == "bucket":
            return self._object(request)
        invariants.update(self, event, request)
        return Answer(getattr(getattr(self, request.service), request.call)(*request.arguments))

    def _verdict(self, event: Event, request: Request) -> Answer:
        token, *verdict = request.arguments
        refusal = self.execution.refusal(token)
        invariants.asked(self, request, refusal)
        if self._answers and request.call != "heartbeat" and not self.faults and not self.refused:
            self._answers.sends(event, request, taken=refusal is None)
        if refusal:
            return Answer(error=refusal)
        if request.call == "heartbeat":
            return Answer()
        invariants.verdict(self, request)
        self._machine_does(self.execution.answered(token, request.call, *verdict))
        return Answer()

    def _invoke(self, text: str) -> Answer:
        task = json.loads(text)
        self.slots[task["fanin"], task["slot"]] = task["index"]
        if self.case.again:
            text = json.dumps({**task, "again": of_fanin(task["fanin"])[1] in self.case.again})
        self.events.append(Event("process", text))
        return Answer()

    def _hand_on(self, event: Event, token: str) -> Answer:
        index = index_of(event)
        to_say = self.case.to_say(index, self.reporters.handed.count(index))
        self.reporters = self.reporters.take(Worker(token, (fanin_of(event), slot_of(event)), index, to_say))
        return Answer()

    def _object(self, request: Request) -> Answer:
        key = request.arguments[0]
        invariants.written(self, request)
        if request.call == "put" and key.startswith("chunks/"):
            self.events.append(created(key))
        answer: Answer = getattr(self.bucket, request.call)(*request.arguments)
        return answer

    def _rejects(self, event: Event) -> bool:
        return self.case.chunks[index_of(event)] == "reject"
