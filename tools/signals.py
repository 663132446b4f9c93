"""What stops a run from outside: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed. Each cleans up.

A signal may come at any moment. While a process is started and noted it waits, and what already cleans up it does not
disturb. What it kept from being done all the same is done at the very end.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """The run is to stop; ``code`` is the exit code that a shell gives to such a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


class _Moment:
    """What is known of signals in this process, and what it still owes."""

    def __init__(self) -> None:
        self.held = 0
        self.waiting: int | None = None
        self.stopped = False
        self.owed: dict[object, Callable[[], object]] = {}

    def came(self, number: int, _frame: FrameType | None) -> None:
        if self.stopped:
            return
        if self.held:
            self.waiting = number
            return
        self.stop(number)

    def stop(self, number: int) -> None:
        self.stopped = True
        raise Stopped(number)

    def pay(self, debt: object, action: Callable[[], object]) -> None:
        with undisturbed():
            try:
                action()
            finally:
                self.owed.pop(debt, None)


_moment = _Moment()


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Have the first of the signals raise :class:`Stopped`, and no other; as before at the end.

    What was owed before is not of this run, and is owed still.
    """
    _moment.stopped, _moment.waiting = False, None
    owed_before, _moment.owed = _moment.owed, {}
    # What is ignored stays so: `nohup make demo` outlives its terminal.
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _moment.came) for number in heard}
    try:
        yield
    finally:
        clean_up()
        _moment.owed = owed_before
        for number, handler in before.items():
            signal.signal(number, handler)
        _moment.stopped = False


def clean_up() -> None:
    """Do now whatever is owed, the newest first; no signal disturbs that, and nothing new is begun."""
    _moment.stopped = True
    with ExitStack() as newest_first:
        for debt, action in [*_moment.owed.items()]:
            newest_first.callback(_moment.pay, debt, action)


def stops() -> bool:
    """Tell whether the run is to stop, for threads, which get no signal."""
    return _moment.stopped


@contextmanager
def owing(action: Callable[[], object]) -> Iterator[None]:
    """Run the action at the end, whole, whatever signal comes; again, where another thread has cleaned up before."""
    debt = object()
    _moment.owed[debt] = action
    try:
        yield
    finally:
        _moment.pay(debt, action)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal wait until the end. Other threads get none: https://docs.python.org/3/library/signal.html."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _moment.held += 1
    try:
        yield
    finally:
        _moment.held -= 1
        _late()


def _late() -> None:
    if _moment.waiting is not None and not _moment.held and not _moment.stopped:
        _moment.stop(_moment.waiting)
