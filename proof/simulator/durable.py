"""A durable function that does what the documents machine does, and the callbacks that it waits for.

What differs from the machine: what it has done is recorded, and it may be killed at any moment, after which it runs
from its start through the record. So a wait has one callback, however often that is handed over. Its answer is recorded
as well, and is looked at when the hand-over has returned.

https://docs.aws.amazon.com/lambda/latest/dg/durable-basic-concepts.html (how replay works), and the SDK 2.0.1: when it
runs again, ``create_callback`` finds the id that is recorded, and only ``result()`` raises how the callback has ended.
"""

import json
from dataclasses import dataclass
from typing import Any

from proof.simulator.attempts import Ended, Event
from proof.simulator.machine import TIMEOUT, Execution
from sfn_callback.resume import DURABLE_MARK

CLOSED = "CallbackTimeoutException"
UNKNOWN = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The callbacks of an execution, by their tokens: those that take an answer, and those that do not any more.

    A test pins them to ``testing/durable_callbacks.py``, which has AWS's sources.
    """

    open: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()

    def made(self, token: str) -> "Callbacks":
        """Return them with one more."""
        return Callbacks(self.open | {token}, self.closed)

    def close(self, *tokens: str) -> "Callbacks":
        """Return them after some were answered, or have timed out."""
        return Callbacks(self.open - {*tokens}, self.closed | {*tokens})

    def refusal(self, token: str) -> str | None:
        """Return the error of an answer, or a heartbeat, that comes now; ``None`` where it is taken."""
        return None if token in self.open else CLOSED if token in self.closed else UNKNOWN


class DurableFunction(Execution):
    """An execution of a durable function. One whose callback nobody waits for any more leaves it open."""

    waiter = "callbacks"
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:caller:1/durable-execution/run/1"

    def __init__(self, given: dict[str, Any], rounds: int) -> None:
        self.callbacks = Callbacks()
        self._handed_over = False
        self._outcome: tuple[str, ...] = ()
        super().__init__(given, rounds)

    def key(self) -> tuple[Any, ...]:
        """Return what tells this place from others."""
        return *super().key(), self.callbacks, self._handed_over, self._outcome

    @property
    def waits(self) -> bool:
        """Whether its callback may still be answered, or time out."""
        return super().waits and self.token in self.callbacks.open

    def refusal(self, token: str) -> str | None:
        """Return the error of an answer, or a heartbeat, that comes now; ``None`` where it is taken."""
        return self.callbacks.refusal(token)

    def answered(self, token: str, call: str, *verdict: str) -> Event | None:
        """Hear a verdict that was taken; return as :meth:`go_on`."""
        self.callbacks = self.callbacks.close(token)
        if token != self.token:
            return None
        self._outcome = (call, *verdict)
        return self._look()

    def time_out(self) -> Event | None:
        """Let the callback time out; return as :meth:`go_on`."""
        return self.answered(str(self.token), "fail", TIMEOUT)

    def invoked(self, ended: Ended) -> Event | None:
        """Hear how the function that it has invoked ended; return as :meth:`go_on`."""
        if ended.error or not self.token:
            return super().invoked(ended)
        self._handed_over = True
        return self._look()

    def give_up(self) -> Event | None:
        """Be killed, and run through the record to what is not in it, which is done again; return as :meth:`go_on`."""
        return None if self._handed_over else self._invoke_again()

    def _look(self) -> Event | None:
        if not self._handed_over or not self._outcome:
            return None
        call, *verdict = self._outcome
        return self.succeed(json.loads(verdict[0])) if call == "succeed" else self.fail(*verdict)

    def _wait_token(self) -> str:
        return self.token or self._new_callback()

    def _new_callback(self) -> str:
        token = f"{DURABLE_MARK}callback{self.entered}"
        self.callbacks = self.callbacks.made(token)
        return token

    def _leave(self, data: Any) -> None:
        super()._leave(data)
        self._handed_over, self._outcome = False, ()

    def _end(self, status: str, error: str | None = None) -> None:
        super()._end(status, error)
        self.callbacks = self.callbacks.close(*self.callbacks.open)
