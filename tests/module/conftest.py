"""The module, for those who plan it: a copy, and all that Terraform plans of it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.module import provider, roots
from tests.readme import ROOT
from tools import toolchain

# Test files whose plans are read. Terraform prints the provider's whole schema with each.
_READ = {"everything", "nothing", "read"}


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the module, initialised, beside a provider that runs: tests write into it."""
    copy = tmp_path_factory.mktemp("module") / "callback"
    ignored = shutil.ignore_patterns(".*", "*_src", "emulator", "unit", "functional", "e2e", "benchmarks", "proof")
    shutil.copytree(ROOT, copy, ignore=ignored)
    shutil.copytree(ROOT / "lambda_src", copy / "lambda_src", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    roots.add(copy)
    terraform(copy, "init", "-backend=false")
    with provider.running(copy) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv(provider.VARIABLE, address)
        yield copy


def terraform(module: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    found = toolchain.binary()
    ours = toolchain.environment(os.environ, found)
    return subprocess.run([found, *arguments], cwd=module, env=ours, capture_output=True, text=True, check=False)


def messages(said: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in said.splitlines() if line.startswith("{"))


def filters(module: Path, *, read: bool) -> list[str]:
    """The option for Terraform's test files whose plans are read, or for all others."""
    files = sorted((module / "tests").glob("*.tftest.hcl"))
    return [f"-filter=tests/{file.name}" for file in files if (file.name.partition(".")[0] in _READ) == read]


@pytest.fixture(scope="session")
def plans(module: Path) -> dict[str, dict[str, Any]]:
    """Plans by the run that makes them: each test that reads one reads one of these."""
    done = terraform(module, "test", "-json", "-verbose", *filters(module, read=True))
    found = {one["@testrun"]: one["test_plan"] for one in messages(done.stdout) if one["type"] == "test_plan"}
    assert done.returncode == 0, [one for one in messages(done.stdout) if one["type"] == "diagnostic"]
    return found


@pytest.fixture(scope="session")
def plan(plans: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Terraform's plan of ``tests/everything.tftest.hcl``."""
    return plans["everything_is_planned"]
