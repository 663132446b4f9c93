"""A handler as a sequence of requests: at each it stops, until it is told what came of it.

A handler's attempt runs in a greenlet. Its clients ask the scheduler instead of AWS, so that what happens between
any two requests of any two attempts is up to the scheduler.
"""

import importlib
import json
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from greenlet import getcurrent, greenlet

NO_ANSWER = "no answer"
"""The error of a request whose connection broke: botocore has given up, and nobody knows whether it had its effect."""


@dataclass(frozen=True, slots=True)
class Event:
    """What invokes a handler: ``text`` is its JSON, ``attempt`` counts from 1.

    ``state`` numbers the attempts of the machine's states; 0 is an asynchronous invocation.
    """

    handler: str
    text: str
    attempt: int = 1
    state: int = 0

    def again(self) -> "Event":
        """Return the event as Lambda delivers it next, after an attempt that failed."""
        return replace(self, attempt=self.attempt + 1)


@dataclass(frozen=True, slots=True)
class Request:
    """A call of a service, with what it is given."""

    service: str
    call: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: a value, or the code of AWS's error."""

    value: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended: with a value, or with an error's name and message."""

    value: Any = None
    error: str | None = None
    message: str = ""


def ask(service: str, call: str, *arguments: Any) -> Any:
    """Make a request, from within an attempt; return what it is answered, or raise as botocore does."""
    attempt = getcurrent()
    answer: Answer = attempt.parent.switch(Request(service, call, arguments))
    attempt.last_error = answer.error
    if answer.error is None:
        return answer.value
    if answer.error == NO_ANSWER:
        raise ReadTimeoutError(endpoint_url=f"https://{service}.example")
    raise ClientError({"Error": {"Code": answer.error, "Message": ""}}, call)


class Running:
    """An attempt that is kept running. ``now`` is its pending request, or how it ended."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self._greenlet = _Attempt(event)
        self.now: Request | Ended = self._greenlet.switch()

    def answered(self, answer: Answer) -> "Running":
        """Go on with an answer, to the next request."""
        self.now = self._greenlet.switch(answer)
        return self


class Remembered:
    """An attempt as the answers that it got so far: a value, so that a schedule can go on in more than one way.

    A handler does the same when it is answered the same. So what it does next is asked of it once, and remembered.
    """

    _known: dict[tuple[Event, tuple[Answer, ...]], Request | Ended] = {}  # noqa: RUF012

    def __init__(self, event: Event, answers: tuple[Answer, ...] = ()) -> None:
        self.event = event
        self.answers = answers
        key = event, answers
        if key not in self._known:
            self._known[key] = _replayed(event, answers)
        self.now = self._known[key]

    def answered(self, answer: Answer) -> "Remembered":
        """Return the attempt after that answer."""
        return Remembered(self.event, (*self.answers, answer))

    @classmethod
    def forget(cls) -> None:
        """Forget what handlers do: they are about to be others."""
        cls._known.clear()


Attempt = Running | Remembered


def current_event() -> Event:
    """Return the event of the attempt that is running."""
    event: Event = getcurrent().event
    return event


def last_error() -> str | None:
    """Return the error of the last request of the attempt that is running, ``None`` where it has had none."""
    error: str | None = getcurrent().last_error
    return error


def fresh_token_hex(_bytes: int) -> str:
    """Return a name that no other attempt chooses, and this one once."""
    attempt = getcurrent()
    attempt.chosen += 1
    event: Event = attempt.event
    if event.state:
        return f"{event.state:08x}"
    return f"f{json.loads(event.text)['sweep']:03x}{event.attempt:x}{attempt.chosen:03x}"


class _Context:
    """Lambda's context object, as far as handlers look at it."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class _Attempt(greenlet):  # type: ignore[misc]
    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event
        self.chosen = 0
        self.last_error: str | None = None

    def run(self) -> Ended:
        try:
            handler = importlib.import_module(f"sfn_callback.handlers.{self.event.handler}").handler
            return Ended(json.dumps(handler(json.loads(self.event.text), _Context())))
        except Exception as raised:
            return Ended(error=type(raised).__name__, message=str(raised))


def _replayed(event: Event, answers: tuple[Answer, ...]) -> Request | Ended:
    attempt = Running(event)
    for answer in answers:
        attempt.answered(answer)
    return attempt.now
