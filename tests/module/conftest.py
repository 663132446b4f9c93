"""The module, for those who plan it: a copy, and all that Terraform plans of it."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.module import provider, refusals, roots, value_kinds
from tests.readme import ROOT
from tools import toolchain

# Test files whose plans are read. Terraform prints the provider's schema with each, which takes a second to parse.
_READ = {"everything", "nothing", "read"}
_SCHEMA = ',"provider_schemas":'
# What pip builds: the package, and the package with the operator's command.
_PROJECTS = (ROOT / "lambda_src" / "pyproject.toml", ROOT / "pyproject.toml")


@pytest.fixture(scope="session")
def pip(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment for pip that builds this project with what its pyproject.toml wants to be built with.

    By itself, pip installs that anew for each package that it builds, which takes two thirds of its time.
    """
    wanted = {tuple(tomllib.loads(one.read_text())["build-system"]["requires"]) for one in _PROJECTS}
    (requires,) = wanted
    folder = str(tmp_path_factory.mktemp("builds"))
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, *requires], check=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # For pip, "0" of an option that begins with "no" is what the option itself says: https://github.com/pypa/pip/issues/5735
    ours = {"PYTHONPATH": folder, "PATH": path, "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_COMPILE": "1"}
    return {**os.environ, **ours}


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory, pip: dict[str, str]) -> Iterator[Path]:
    """A copy of the module, initialised, beside a provider that runs: tests write into it."""
    copy = tmp_path_factory.mktemp("module") / "callback"
    ignored = shutil.ignore_patterns(".*", "*_src", "emulator", "unit", "functional", "e2e", "benchmarks", "proof")
    shutil.copytree(ROOT, copy, ignore=ignored)
    shutil.copytree(ROOT / "lambda_src", copy / "lambda_src", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    roots.add(copy, pip)
    for more in (refusals, value_kinds):
        more.add(copy, roots.MOCKS)
    terraform(copy, "init", "-backend=false")
    with provider.running(copy / ".terraform") as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv(provider.VARIABLE, address)
        yield copy


def terraform(module: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    found = toolchain.binary()
    ours = toolchain.environment({**provider.SPARING, **os.environ}, found)
    return subprocess.run([found, *arguments], cwd=module, env=ours, capture_output=True, text=True, check=False)


def messages(said: str) -> Iterator[dict[str, Any]]:
    return map(_message, (line for line in said.splitlines() if line.startswith("{")))


def _message(line: str) -> dict[str, Any]:
    """A message of Terraform's, without the provider's schema, which ends a plan."""
    head, schema, _ = line.partition(_SCHEMA)
    message: dict[str, Any] = json.loads(f'{head}}}, "type": "test_plan"}}' if schema else line)
    return message


def filters(module: Path, *, read: bool) -> list[str]:
    """The option for Terraform's test files whose plans are read, or for all others."""
    files = sorted((module / "tests").glob("*.tftest.hcl"))
    return [f"-filter=tests/{file.name}" for file in files if (file.name.partition(".")[0] in _READ) == read]


class Said:
    """What one ``terraform test`` says of all plans that nobody reads: by itself, each reads the provider's schema."""

    def __init__(self, said: str) -> None:
        self._files = {one["@testfile"]: one["test_file"]["status"] for one in messages(said) if _is_end(one)}
        self._diagnostics = [one for one in messages(said) if "diagnostic" in one]

    @property
    def files(self) -> dict[str, str]:
        """How each file has ended, by its name."""
        return {file.removeprefix("tests/").partition(".")[0]: status for file, status in self._files.items()}

    def of(self, name: str) -> list[dict[str, Any]]:
        """What is said of a file's runs."""
        return [one["diagnostic"] for one in self._diagnostics if one.get("@testfile") == f"tests/{name}.tftest.hcl"]

    def has_run(self, name: str) -> bool:
        """Whether a file has come to its end."""
        return name in self.files


def _is_end(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "test_file" and message["test_file"].get("progress") == "complete")


@pytest.fixture(scope="session")
def said(module: Path) -> Said:
    """What Terraform says of all plans that nobody reads."""
    return Said(terraform(module, "test", "-json", *filters(module, read=False)).stdout)


@pytest.fixture(scope="session")
def printed_plans(module: Path) -> str:
    """What Terraform prints of the plans that are read."""
    done = terraform(module, "test", "-json", "-verbose", *filters(module, read=True))
    assert done.returncode == 0, [one for one in messages(done.stdout) if one["type"] == "diagnostic"]
    return done.stdout


@pytest.fixture(scope="session")
def plans(printed_plans: str) -> dict[str, dict[str, Any]]:
    """Plans by the run that makes them: each test that reads one reads one of these."""
    return {one["@testrun"]: one["test_plan"] for one in messages(printed_plans) if one["type"] == "test_plan"}


@pytest.fixture(scope="session")
def schema(printed_plans: str) -> dict[str, Any]:
    """The provider's schema."""
    begins = printed_plans.index(_SCHEMA) + len(_SCHEMA)
    schemas, _ = json.JSONDecoder().raw_decode(printed_plans, begins)
    found: dict[str, Any]
    (found,) = (one for name, one in schemas.items() if name.endswith("/aws"))
    return found


@pytest.fixture(scope="session")
def plan(plans: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Terraform's plan of ``tests/everything.tftest.hcl``."""
    return plans["everything_is_planned"]
