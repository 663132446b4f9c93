"""What the tests of starting and stopping know of processes, and programs that they start."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from tests.readme import ROOT

# Copies of one process that has imported what they need, which takes half a second.
_COPIES = multiprocessing.get_context("forkserver")
_COPIES.set_forkserver_preload(["tests.tooling.programs", "tests.tooling.standin"])


class Program:
    """A function as a program that a shell has started: in a session of its own, with what signals do by default."""

    def __init__(self, function: Callable[..., int | None], *given: Any, hangup: Any = signal.SIG_DFL) -> None:
        reader, writer = _COPIES.Pipe(duplex=False)
        arguments = (writer, dict(os.environ), hangup, function, given)
        self._process = _COPIES.Process(target=_run, args=arguments)
        self._process.start()
        writer.close()
        self.stdout: IO[str] = os.fdopen(os.dup(reader.fileno()))
        """What it says, errors included."""
        reader.close()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid or 0

    def ends(self, seconds: float = 60) -> int | None:
        """Wait for its end; return its exit code, or nothing if it still runs."""
        self._process.join(seconds)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it, if it still runs."""
        self._process.kill()
        self._process.join()
        self.stdout.close()


@contextmanager
def program(function: Callable[..., int | None], *given: Any, hangup: Any = signal.SIG_DFL) -> Iterator[Program]:
    """Start a program, and kill it at the end."""
    started = Program(function, *given, hangup=hangup)
    try:
        yield started
    finally:
        started.kill()


def _run(
    output: Connection, environment: Mapping[str, str], hangup: Any, function: Callable[..., int | None], given: Any
) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, hangup)
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    sys.exit(function(*given))


def running(process: str) -> bool:
    """Whether there is such a process; one that has ended may not have been reaped yet."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(group: int) -> bool:
    """Whether no process of the group is left; one that was killed may not have been reaped yet."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return not running(str(group))
