"""The operator's command as an operator runs it: a process of its own, with nothing but credentials.

A block of the runbook runs it as a program. The others are copies of a process that is ready for it, because that takes
longer than most commands.
"""

import json
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from emulator.aws import LocalAws
from tests.readme import ROOT, block

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
_READY = ["tests.e2e.support.commands", "tests.e2e.support.ready_command"]
_SECONDS = 600
_SCRIPT = f'#!/bin/sh\nexec "{sys.executable}" -m sfn_callback_operator "$@"\n'


@dataclass(frozen=True)
class Ran:
    """What a command, or a block of the runbook, printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Operator:
    """Somebody with a shell, for one deployment. All that was printed is kept."""

    def __init__(self, local: LocalAws, name: str, folder: Path) -> None:
        self.folder = folder
        self.printed = ""
        self._environment = {
            **local.environment,
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'lambda_src'}{os.pathsep}{ROOT / 'operator_src'}",
            "SFN_CALLBACK_NAME": name,
        }

    def run(self, *arguments: str) -> Ran:
        """Run a command."""
        ran = copied(self.folder, arguments, self._environment)
        self.printed += ran.out + ran.err
        return ran

    def json(self, *arguments: str) -> Any:
        """Run a command; return what it says to programs."""
        ran = self.run(*arguments, "--output", "json")
        return ran.json

    def follow(self, containing: str, *, seconds: int | None = None, **names: str) -> Ran:
        """Do what a block of the runbook says; where it waits for a time, wait for so many seconds."""
        said = block("sh", containing, RUNBOOK)
        return self._ran(["sh", "-ec", re.sub(r"(?<=--timeout )\d+", str(seconds), said) if seconds else said], names)

    @contextmanager
    def under(self, credentials: dict[str, str]) -> Iterator[None]:
        """Run what follows with other credentials."""
        before, self._environment = self._environment, {**self._environment, **_aws(credentials)}
        try:
            yield
        finally:
            self._environment = before

    def _ran(self, command: list[str], names: dict[str, str]) -> Ran:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self._environment, **names},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        self.printed += done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)


def copied(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Ran:
    """Run a command in a copy, in that folder and with that environment."""
    with TemporaryDirectory() as written:
        printed = (Path(written) / "out", Path(written) / "err")
        process = _copies().Process(target=_run, args=(folder, arguments, environment, *printed))
        process.start()
        process.join(_SECONDS)
        assert process.exitcode is not None, f"{arguments} is not ready."
        return Ran(process.exitcode, *(path.read_text() for path in printed))


@cache
def _copies() -> Any:
    copies = multiprocessing.get_context("forkserver")
    copies.set_forkserver_preload(_READY)
    # What makes them looks by itself for modules, and not where this process does.
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
        forkserver.ensure_running()
    return copies


def _run(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], *printed: Path) -> None:
    """Be the command: with its folder, its environment and its output, and without an input."""
    for number, path in enumerate((Path(os.devnull), *printed)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sfn-callback", *arguments]
    from sfn_callback_operator import cli

    cli.run()


@contextmanager
def operator(local: LocalAws, name: str) -> Iterator[Operator]:
    """An operator of the deployment of that name."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "sfn-callback"
        script.write_text(_SCRIPT)
        script.chmod(0o755)
        yield Operator(local, name, Path(folder))


def _aws(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("AWS_")}
