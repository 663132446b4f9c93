"""Programs that end with whoever waits for them: each leads a group of its own, which is ended as a whole.

Terraform, where it is ended alone, leaves its providers behind, and they their sockets.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from tools.signals import clean_up, owing, stops, undisturbed

Command = Sequence[str | Path]
Item = TypeVar("Item")
Ended = TypeVar("Ended")
Process = subprocess.Popen[str]

_LOOK_SECONDS = 0.05


@contextmanager
def started(
    command: Command, *, ended_by: int = signal.SIGTERM, within: float = 10, **options: Any
) -> Iterator[Process]:
    """Start a program; at the end, wait for it, or end it with all that it has started where something was raised.

    Args:
        command: the program and its arguments.
        ended_by: the signal that it is ended by.
        within: the seconds that it then has before it is killed.
        options: those of ``subprocess.Popen``.
    """
    made: list[Process] = []

    def end() -> None:
        for process in made:
            _end(process, ended_by, within)

    with owing(end):
        with undisturbed():
            made.append(subprocess.Popen(command, text=True, start_new_session=True, **options))
        if stops():
            raise InterruptedError(f"{command[0]}: not waiting for it, the run stops.")
        yield made[0]
        made[0].wait()


def _end(process: Process, number: int, seconds: float) -> None:
    if process.poll() is None:
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    # What it has started and left behind; on macOS, a group that has ended is not permitted.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
        with suppress(OSError):
            pipe.close()


def run(command: Command, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end; return its exit code, and what it has said."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, **{**pipes, **options}) as process:
        out, err = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def side_by_side(action: Callable[[Item], Ended], items: Sequence[Item], at_once: int) -> list[Ended]:
    """Do something with each of the items, in threads that wait for programs; end all of these where one raises."""
    with ThreadPoolExecutor(at_once) as threads:
        try:
            under_way = [threads.submit(action, item) for item in items]
            return [one.result() for one in under_way]
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            clean_up()
            raise


def end_group(group: int, seconds: float) -> None:
    """Ask a group of processes to end, and kill what is left of it after so many seconds."""
    with undisturbed(), suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            _reap(group)
            os.killpg(group, 0)
            time.sleep(_LOOK_SECONDS)
        os.killpg(group, signal.SIGKILL)
    _reap(group)


def _reap(process: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)


@contextmanager
def scratch(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the environment with a folder for temporary files, which is gone at the end.

    It is not in the checkout, whose path may be long: a provider makes a socket in it, whose path has at most 108 bytes
    (https://man7.org/linux/man-pages/man7/unix.7.html), 104 on macOS.
    """
    made: list[str] = []

    def delete() -> None:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)

    with owing(delete):
        with undisturbed():
            made.append(tempfile.mkdtemp(prefix="sfn-"))
        yield {**environment, "TMPDIR": made[0]}
