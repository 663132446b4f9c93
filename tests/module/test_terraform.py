"""``terraform test``, and the sentences that wrong inputs are refused with."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import toolchain

ROOT = Path(__file__).resolve().parents[2]
MOCKS = (ROOT / "tests" / "validations.tftest.hcl").read_text().partition("run ")[0]

REFUSED = {
    'workflows = ["documents", "document"]': 'The workflows are "documents", "direct", "queue", "topic" and',
    "completion = { fail_fast = true, tolerated_failure_count = 1 }": "leave out fail_fast, or the tolerance.",
    "completion = { fail_fast = false }": "set tolerated_failure_count or tolerated_failure_percentage.",
    "wait = { max_rounds = 9 }": "The job_seconds of wait must be at least 42030: all rounds",
    "retention_days = { data = 1 }\nwait = { job_seconds = 86400 }": "or chunks expire under a running job.",
    "timeout_seconds = { merger = 60 }": "must be functions: ask, await_chunks, chunk_failed, dead_letter,",
}


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the module, initialised: tests write into it."""
    copy = tmp_path_factory.mktemp("module") / "callback"
    ignored = shutil.ignore_patterns(".*", "lambda_src", "local", "unit", "functional", "e2e", "module", "examples")
    shutil.copytree(ROOT, copy, ignore=ignored)
    shutil.copytree(ROOT / "lambda_src", copy / "lambda_src")
    _terraform(copy, "init", "-backend=false")
    return copy


def _terraform(module: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    found = toolchain.binary()
    ours = toolchain.environment(os.environ, found)
    return subprocess.run([found, *arguments], cwd=module, env=ours, capture_output=True, text=True, check=False)


def _messages(said: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in said.splitlines() if line.startswith("{"))


def test_terraform_test_passes(module: Path) -> None:
    done = _terraform(module, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout


@pytest.mark.parametrize(("variables", "sentence"), REFUSED.items(), ids=lambda value: value[:40])
def test_a_wrong_input_is_refused_with_a_sentence(module: Path, variables: str, sentence: str) -> None:
    folder = module / "refusal"
    folder.mkdir(exist_ok=True)
    run = f'run "refused" {{\n  command = plan\n  variables {{\n{variables}\n  }}\n}}\n'
    (folder / "refusal.tftest.hcl").write_text(MOCKS + run)
    done = _terraform(module, "test", "-json", "-test-directory=refusal")
    details = [message["diagnostic"]["detail"] for message in _messages(done.stdout) if "diagnostic" in message]
    assert done.returncode != 0
    assert any(sentence in " ".join(detail.split()) for detail in details), details
