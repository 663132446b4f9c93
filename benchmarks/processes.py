"""Fresh processes, and what each used of the processor."""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT
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
    """Return what a module of the checkout's answers, in a process of its own: both are JSON."""
    path = os.pathsep.join((str(ROOT / "lambda_src"), str(ROOT)))
    return json.loads(python(["-m", name, json.dumps(asked)], path, **INITIALISING, **environment).stdout)


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
