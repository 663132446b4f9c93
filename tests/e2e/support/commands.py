"""The operator's command as an operator runs it: a process of its own, with nothing but credentials.

Each is a copy of a process that is ready for it, because that takes longer than most commands; tests/operator has the
program as it is installed.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from emulator.aws import LocalAws
from tests.e2e.support.ask_command import ask
from tests.readme import ROOT, block

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
_SECONDS = 600
_READY, _ASK = (Path(__file__).with_name(f"{name}_command.py") for name in ("ready", "ask"))
_SCRIPT = f'#!/bin/sh\nexec "{sys.executable}" -I -S "{_ASK}" "{{}}" "$@"\n'


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
    """Run a command in a copy, in that folder and with that environment, and without an input."""
    with ExitStack() as streams:
        none = streams.enter_context(Path(os.devnull).open("rb"))
        out, err = printed = [streams.enter_context(TemporaryFile()) for _ in range(2)]
        code = ask(_ready().door, arguments, str(folder), environment, [one.fileno() for one in (none, *printed)])
        return Ran(code, _written(out), _written(err))


def _written(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


@dataclass(frozen=True)
class _Ready:
    """The process that is ready, which ends with this one, and where it takes orders."""

    door: str
    process: "subprocess.Popen[str]"
    folder: "TemporaryDirectory[str]"


@cache
def _ready() -> _Ready:
    folder = TemporaryDirectory()
    door = f"{folder.name}/door"
    # It looks by itself for modules, and not where this process does.
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-P", str(_READY), door], env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return _Ready(door, process, folder)


@contextmanager
def operator(local: LocalAws, name: str) -> Iterator[Operator]:
    """An operator of the deployment of that name."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "sfn-callback"
        script.write_text(_SCRIPT.format(_ready().door))
        script.chmod(0o755)
        yield Operator(local, name, Path(folder))


def _aws(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("AWS_")}
