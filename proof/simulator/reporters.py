"""Those who finish chunks elsewhere: what each has been handed, says of it, and may never say."""

import json
from dataclasses import dataclass, field, replace

from proof.simulator.attempts import Event

Place = tuple[str, int]
"""A fan-in, and a slot there."""
DONE, ERROR, HEARTBEAT = "done", "error", "heartbeat"


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works on a chunk that was handed on, and what it is still ``to_say``, in that order."""

    token: str
    place: Place
    index: int
    to_say: tuple[str, ...]

    @property
    def will_end(self) -> bool:
        """Whether it is still to report an outcome."""
        return DONE in self.to_say or ERROR in self.to_say


@dataclass(frozen=True, slots=True)
class Reporters:
    """All that was handed on: who works, which tokens were given away, and of which places an outcome is lost.

    ``handed`` counts by chunk. ``overdue``: a round has ended while somebody had an outcome to report.
    """

    workers: tuple[Worker, ...] = ()
    places: dict[str, tuple[Place, int]] = field(default_factory=dict)
    handed: tuple[int, ...] = ()
    silent: frozenset[Place] = frozenset()
    overdue: bool = False

    def take(self, worker: Worker) -> "Reporters":
        """Return them after one more was handed a chunk; one that is to say nothing that counts is lost at once."""
        silent = self.silent if worker.will_end else self.silent | {worker.place}
        workers = (*self.workers, worker) if worker.to_say else self.workers
        places = {**self.places, worker.token: (worker.place, worker.index)}
        return replace(self, workers=workers, places=places, handed=(*self.handed, worker.index), silent=silent)

    def speak(self, number: int, chunk: bytes) -> tuple["Reporters", Event]:
        """Return them after one has said its next word, and that, on its way."""
        worker = self.workers[number]
        word, *to_say = worker.to_say
        others = self.workers[:number] + self.workers[number + 1 :]
        left = (replace(worker, to_say=tuple(to_say)),) if to_say else ()
        # Each result is another one, so that it can be told which was the first.
        result = f"{chunk.decode().rstrip().upper()} {worker.place[0].partition('.')[2]}#{len(to_say)}\n"
        said: dict[str, dict[str, object]] = {
            DONE: {"result": result},
            ERROR: {"error": "OutOfInk"},
            HEARTBEAT: {"heartbeat": True},
        }
        event = Event("report", json.dumps({"token": worker.token, **said[word]}))
        return replace(self, workers=others + left), event

    def is_lost(self, event: Event) -> "Reporters":
        """Return them after a report was lost for good."""
        said = json.loads(event.text)
        return self if "heartbeat" in said else replace(self, silent=self.silent | {self.places[said["token"]][0]})

    def owe(self) -> frozenset[Place]:
        """Return the places whose outcome is lost, or still to come."""
        return self.silent | {worker.place for worker in self.workers if worker.will_end}

    def key(self) -> tuple[object, ...]:
        """Return what tells this state from others."""
        return _unordered(self.workers), _unordered(self.handed), self.silent, self.overdue


def _unordered(many: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(sorted(many, key=repr))
