"""What people usually write instead of a fan-in like ours, each in a few lines, so that the same schedules try it.

All of them keep total and token, and check again when either comes. They differ in how they notice the last chunk.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from proof.simulator.attempts import ask
from sfn_callback import resume
from sfn_callback.fanin import items, verdict


@dataclass(frozen=True)
class Waiting:
    """What a wait returns."""

    sealed: bool = True


class Usual(ABC):
    """Has the functions of :mod:`sfn_callback.fanin.protocol`; ``table`` is a table of its own."""

    MAX_SLOTS = items.MAX_SLOTS
    tolerated_slots = staticmethod(verdict.tolerated_slots)

    def chunk_done(self, _: object, name: str, slot: int) -> None:
        """See :func:`fanin.chunk_done`."""
        self._ended(name, slot)

    def chunk_failed(self, _: object, name: str, slot: int, __: str) -> None:
        """See :func:`fanin.chunk_failed`."""
        ask("table", "put", f"{name}!{slot}", "failed")
        self._ended(name, slot)

    def seal(self, _: object, name: str, total: int, tolerated: int) -> None:
        """See :func:`fanin.seal`."""
        ask("table", "put", f"{name}?total", (total, tolerated))
        self._check(name)

    def wait(self, _: object, name: str, token: str, _execution: str | None = None) -> Waiting:
        """See :func:`fanin.wait`."""
        ask("table", "put", f"{name}?token", token)
        self._check(name)
        return Waiting()

    @abstractmethod
    def _ended(self, name: str, slot: int) -> None:
        """Note that a chunk has ended, and resume if it was the last."""

    def _check(self, name: str) -> None:
        self._resume_if(name, ask("table", "get", f"{name}?ended") or 0)

    def _resume_if(self, name: str, ended: int) -> None:
        top, token = ask("table", "get", f"{name}?total"), ask("table", "get", f"{name}?token")
        if top and token and ended == top[0] and self._chosen(name):
            self._resume(name, top, token)

    def _chosen(self, _: str) -> bool:
        return True

    def _resume(self, name: str, top: tuple[int, int], token: str) -> None:
        total, tolerated = top
        failed = ask("table", "count", f"{name}!")
        if failed > tolerated:
            resume.fail(token, verdict.FAILURE, "")
        else:
            resume.succeed(token, {"done": total - failed, "failed": failed})


class Counter(Usual):
    """Count each chunk that ends; who reaches the total resumes."""

    def _ended(self, name: str, _: int) -> None:
        self._resume_if(name, ask("table", "add", f"{name}?ended", 1))


class MarkerThenCounter(Usual):
    """Mark the chunk first, and count it only if the mark is new."""

    def _ended(self, name: str, slot: int) -> None:
        if ask("table", "put_new", f"{name}#{slot}"):
            self._resume_if(name, ask("table", "add", f"{name}?ended", 1))


class Transaction(Usual):
    """Mark and count in one transaction; who finds the mark there already does not check."""

    def _ended(self, name: str, slot: int) -> None:
        ended = ask("table", "put_new_and_add", f"{name}#{slot}", f"{name}?ended")
        if ended is not None:
            self._resume_if(name, ended)


class LatchThenResume(Usual):
    """Mark the chunk, count the marks, and let a latch choose who resumes."""

    def _ended(self, name: str, slot: int) -> None:
        ask("table", "put", f"{name}#{slot}", "ended")
        self._check(name)

    def _check(self, name: str) -> None:
        self._resume_if(name, ask("table", "count", f"{name}#"))

    def _chosen(self, name: str) -> bool:
        chosen: bool = ask("table", "put_new", f"{name}?latch")
        return chosen


USUAL: dict[str, Any] = {
    "counter == total": Counter(),
    "marker, then counter": MarkerThenCounter(),
    "transaction, only the first writer checks": Transaction(),
    "list the markers, take a latch, resume": LatchThenResume(),
}
