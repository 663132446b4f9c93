"""Fresh processes, and what each used of the processor."""

import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from testing.environment import ENVIRONMENT as _ENVIRONMENT

REGION = "eu-central-1"
ENVIRONMENT = {
    **_ENVIRONMENT,
    **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing"),
    **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION),
}
"""What a function of the module's finds in its environment; in Lambda it finds :data:`INITIALISING`, too."""
INITIALISING = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended: ``cpu_seconds``, of user and system, since it began; and what it printed."""

    cpu_seconds: float
    stdout: str


def python(arguments: Sequence[str], path: str, **environment: str) -> Ended:
    """Run Python in :data:`ENVIRONMENT` and what is given, with the folders of ``path`` to import from.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile("w+") as output:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, *arguments],
            _environment(path, environment),
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1)],
        )
        _, status, used = os.wait4(pid, 0)
        if status:
            raise RuntimeError(f"python {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
        output.seek(0)
        return Ended(used.ru_utime + used.ru_stime, output.read())


def module(name: str, asked: Mapping[str, Any], **environment: str) -> Any:
    """Return what ``answer(asked)`` of a module of the checkout's returns, in a process of its own.

    Raises:
        RuntimeError: it failed.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    process = _copies().Process(target=_answer, args=(there, name, asked, INITIALISING | environment))
    process.start()
    there.close()
    with here, suppress(EOFError):
        return here.recv()
    process.join()
    raise RuntimeError(f"{name} ended with {process.exitcode}")


@cache
def _copies() -> Any:
    """Return what starts processes that have boto3: its import takes longer than most of what they are asked."""
    copies = multiprocessing.get_context("forkserver")
    copies.set_forkserver_preload(["boto3.session"])
    return copies


def _answer(there: Connection, name: str, asked: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update({**ENVIRONMENT, **environment})
    there.send(importlib.import_module(name).answer(asked))


def resident_mb(field: str) -> float:
    """Return how much memory there is (``VmRSS``), or was at the most (``VmHWM``), of this process alone.

    ``ru_maxrss`` counts what a parent had before exec, too: https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(field)) / 1024


def _environment(path: str, given: Mapping[str, str]) -> dict[str, str]:
    # Nothing of ours is cached: on Lambda the file system is read-only.
    return {**ENVIRONMENT, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **given}
