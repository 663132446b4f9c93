"""The stack of the end-to-end tests: applied once, found by every process that tests it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator import aws
from emulator.aws import LocalAws
from proof.chaos.killer import OPTIONS
from tests.e2e.support import kept_state
from tests.module import provider
from tests.readme import ROOT, block
from tools import children
from tools.terraform import BACKEND, Root

FOLDER = ROOT / ".local" / "e2e"
_NOTED = FOLDER / "stack.json"
_DURABLE = FOLDER / "publish.zip"


@dataclass(frozen=True)
class SharedStack:
    """Where the stack is, and the outputs of its instances."""

    local: LocalAws
    root: Root
    outputs: dict[str, Any]


@contextmanager
def applied() -> Iterator[None]:
    """Start a local AWS and apply the stack; stop the local AWS at the end."""
    aws.stop_left(FOLDER / "aws")
    # The state of a run that was killed is that of an AWS that is gone.
    shutil.rmtree(FOLDER, ignore_errors=True)
    with kept_state.served() as state, aws.running(FOLDER / "aws", **OPTIONS) as local:
        root = _root(local, state)
        children.side_by_side(lambda make: make(), [_package_with_schema, _package_of_durable_function, root.init], 3)
        outputs = root.apply()["instances"]
        noted = {"environment": local.environment, "group": local.group, "log": str(local.log), "outputs": outputs}
        noted["state"] = state
        _NOTED.write_text(json.dumps(noted))
        yield


def read() -> SharedStack:
    """Return the stack that is applied."""
    if not _NOTED.exists():
        raise RuntimeError("There is no stack: run the end-to-end tests by `python -m tests.e2e [file …]`.")
    noted = json.loads(_NOTED.read_text())
    local = LocalAws(noted["environment"], noted["group"], Path(noted["log"]))
    return SharedStack(local, _root(local, noted["state"]), noted["outputs"])


def _root(local: LocalAws, state: str) -> Root:
    variables = {"package_path": str(FOLDER / "with_schema.zip"), "durable_package_path": str(_DURABLE)}
    environment = {**local.environment, **provider.SPARING, BACKEND: state}
    return Root(Path(__file__).parents[1] / "stack", FOLDER / "terraform", environment, variables)


def _package_with_schema() -> None:
    """Build the package with the library that checks a webhook's JSON Schema, as docs/approvals.md says."""
    # A copy, because setuptools builds inside the sources.
    shutil.copytree(ROOT / "lambda_src", FOLDER / "lambda_src")
    _run("sh", "-ec", block("sh", "--target with_schema"))


def _package_of_durable_function() -> None:
    """Build the example's package, and put more beside its function."""
    example = ROOT / "examples" / "durable-function"
    _run(str(example / "build.sh"), str(_DURABLE))
    with zipfile.ZipFile(_DURABLE) as built:
        files = {name: built.read(name) for name in built.namelist()}
    files["example.py"] = files.pop("publish.py")
    files["publish.py"] = Path(__file__).with_name("publish.py").read_bytes()
    with zipfile.ZipFile(_DURABLE, "w") as package:
        for name, content in files.items():
            package.writestr(name, content)


def _run(*command: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # What Lambda unpacks has no use for what this machine's Python compiles.
    given = {**os.environ, "PATH": path, "PIP_NO_COMPILE": "1", "PIP_QUIET": "1"}
    subprocess.run(command, cwd=FOLDER, env=given, check=True)
