"""The wrapper of every function: it gives up before its deadline, and shortens errors.

Lambda tells an error by its class's name, its message and its traceback. The three become the state's error, which with
all else in it may have 256 KiB, and no ``Catch`` helps past that:
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
Or they become part of the record for the on-failure destination, which takes 1 MB, or is not delivered:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar, cast

from sfn_callback import log, texts
from sfn_callback.aws import cold_start, patience
from sfn_callback.log_events import LogEvent

MAX_NAME = 256
MAX_MESSAGE = 4_096
MAX_TRACEBACK = 8_192
"""Bytes."""

Json = dict[str, Any]
"""An event, and what a handler returns."""
Context = Any
"""Lambda's context object."""
Handler = TypeVar("Handler", bound=Callable[..., Any])


def point(*steps: Callable[[], object]) -> Callable[[Handler], Handler]:
    """Return the decorator of a handler; the steps are taken while Lambda initialises: :func:`.prepare`."""
    cold_start.prepare(*steps)
    return _guarded


def _guarded(handler: Handler) -> Handler:
    """Return the handler as Lambda is to call it.

    Raises:
        Exception: of the same name as what the handler raises, with what fits of its message and its traceback.
    """

    @wraps(handler)
    def entered(event: Json, context: Context) -> Any:
        try:
            with patience.ending(_seconds_left(context)):
                return handler(event, context)
        except (Exception, SystemExit) as error:
            short = _shortened(error)
            if short is None:
                raise
        raise short

    return cast(Handler, entered)


def _seconds_left(context: Context) -> float | None:
    return context.get_remaining_time_in_millis() / 1000 if hasattr(context, "get_remaining_time_in_millis") else None


def _shortened(problem: BaseException) -> Exception | None:
    """Return what to raise instead of an error, ``None`` where it can go out as it is."""
    name, message, own = texts.name(problem), texts.message(problem), texts.own_message(problem)
    frames = list(_frames(problem.__traceback__))
    inner = list(_innermost(frames))
    short = (texts.cut(name, MAX_NAME), texts.cut(message, MAX_MESSAGE))
    # An exit would end the process without telling anybody why.
    if isinstance(problem, Exception) and short == (name, own) and len(inner) == len(frames):
        return None
    trace = "".join(traceback.format_tb(problem.__traceback__))
    log.write(LogEvent.ERROR_SHORTENED, error=name, problem=message, trace=trace)
    named: type[Exception] = type(short[0], (Exception,), {})
    return named(short[1]).with_traceback(_linked(inner))


def _frames(frame: TracebackType | None) -> Iterator[TracebackType]:
    while frame:
        yield frame
        frame = frame.tb_next


def _innermost(frames: Iterable[TracebackType]) -> Iterator[TracebackType]:
    """Yield, from where the error was raised outwards, as many frames as fit: a recursion has a thousand."""
    size = 0
    for frame in reversed(list(frames)):
        size += len("".join(traceback.format_tb(_linked([frame]))).encode(errors="replace"))
        if size > MAX_TRACEBACK:
            return
        yield frame


def _linked(innermost_first: Iterable[TracebackType]) -> TracebackType | None:
    linked: TracebackType | None = None
    for frame in innermost_first:
        linked = TracebackType(linked, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return linked
