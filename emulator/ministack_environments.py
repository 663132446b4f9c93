"""MiniStack's processes, which functions run in, begun with less work than MiniStack has with them.

MiniStack starts an interpreter for each, of whose start half is the import of botocore. Here they are copies of one
process that has imported it (:mod:`emulator.environment`): each is a process all the same, which can be killed. A
function that brings a botocore of its own, or has layers, starts as MiniStack starts it, and so does everything where
no process can be watched that is not one's own child: https://man7.org/linux/man-pages/man2/pidfd_open.2.html.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from emulator.environment import MAX_ORDER
from emulator.patches import theirs

_SCRIPT = Path(__file__).with_name("environment.py")
_OWN = ("boto3", "botocore")
_WORKER = "_worker.py"
_ENDED = -1


class Copy:
    """A process as :class:`subprocess.Popen` has it, which somebody else has made; nobody is told its exit code."""

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int) -> None:
        self.pid = pid
        self.stdin = os.fdopen(stdin, "w", buffering=1)
        self.stdout, self.stderr = os.fdopen(stdout), os.fdopen(stderr)
        self._watched: int | None = None
        with suppress(ProcessLookupError):
            self._watched = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return a number when it has ended."""
        return _ENDED if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            TimeoutExpired: it goes on for longer than that.
        """
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired([_WORKER], timeout or 0)
        return _ENDED

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._watched is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._watched, number)

    def _has_ended(self, seconds: float | None) -> bool:
        if self._watched is None:
            return True
        ended = select.poll()
        ended.register(self._watched, select.POLLIN)
        return bool(ended.poll(None if seconds is None else 1_000 * seconds))

    def __del__(self) -> None:
        if self._watched is not None:
            os.close(self._watched)


class _Subprocess:
    """What :mod:`subprocess` has, with another start of Python's functions."""

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    @staticmethod
    def Popen(command: list[str], **options: Any) -> Any:
        """Start a process, or copy one."""
        if is_plain(command, options):
            return _copies().make(command[-1], options["cwd"], options["env"])
        started: Any = subprocess.Popen(command, **options)
        return started


def install() -> None:
    """Replace MiniStack's functions by these."""
    if hasattr(os, "pidfd_open"):
        theirs(lambda_runtime, "subprocess")
        lambda_runtime.subprocess = _Subprocess()


def is_plain(command: list[str], options: Mapping[str, Any]) -> bool:
    """Whether that starts a function of Python's that has no boto3 but Lambda's."""
    own = [name for name in _OWN if (Path(options["cwd"]) / name).exists()]
    return command[-1].endswith(_WORKER) and not own and "_LAMBDA_LAYERS_DIRS" not in options["env"]


class Copies:
    """The process that has boto3, as somebody sees it who has it make copies."""

    def __init__(self) -> None:
        self._orders, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ordering = threading.Lock()
        with given:
            # It ends when it gets no more orders.
            subprocess.Popen([sys.executable, "-P", str(_SCRIPT)], stdin=given.fileno())

    def make(self, script: str, folder: str, variables: Mapping[str, str]) -> Copy:
        """Have a script run in a copy, in that folder and with those variables of the environment."""
        order = {"script": script, "folder": folder, "variables": dict(variables)}
        with ExitStack() as theirs_too:
            ours, given = zip(*(_pipe(theirs_too, towards=number == 0) for number in range(3)), strict=True)
            with self._ordering:
                socket.send_fds(self._orders, [json.dumps(order).encode()], given)
                pid = int(self._orders.recv(MAX_ORDER))
        return Copy(pid, *ours)

    def close(self) -> None:
        """Have no more made."""
        self._orders.close()


def _pipe(closing: ExitStack, *, towards: bool) -> tuple[int, int]:
    """Make a pipe; return its end that is kept, and the other, which is closed when it was handed over."""
    reading, writing = os.pipe()
    kept, given = (writing, reading) if towards else (reading, writing)
    closing.callback(os.close, given)
    return kept, given


_copies = cache(Copies)
