"""``make test`` ends with one table, and ``make`` says what it can."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import wait_for
from tests.readme import ROOT
from tests.tooling.processes import running
from tools import parts

MAKE = """#!/bin/sh
case $2 in
  test-good) echo "..... [100%]"; echo "5 passed, 1 xfailed in 0.12s"; echo "9 passed in all"
    echo "2 passed in 61.50s (0:01:01)" ;;
  test-bad) echo "FAILED tests/a.py::test_b - assert [1] == []"; echo "1 failed, 3 passed in 1.00s" >&2; exit 2 ;;
  test-quiet) : ;;
  test-long) echo $$ > "$0.pid"; exec sleep 3600 ;;
esac
"""
Main = Callable[..., int]


@pytest.fixture
def make(tmp_path: Path) -> Path:
    """A make whose path has a space."""
    path = tmp_path / "a b" / "make"
    path.parent.mkdir()
    path.write_text(MAKE)
    path.chmod(0o755)
    return path


@pytest.fixture
def main(make: Path, monkeypatch: pytest.MonkeyPatch) -> Main:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["parts", "--make", str(make), *arguments])
        return parts.main()

    return run


def rows(said: str) -> list[list[str]]:
    lines = [line.strip("│┃ ") for line in said.splitlines() if line.startswith(("│", "┃"))]
    return [re.split(r"\s*[│┃]\s*", line) for line in lines]


def test_all_ends_with_a_table_of_parts_tests_and_seconds(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("--at-once", "2", "test-good", "test-quiet") == 0
    assert [row[:3] for row in rows(capsys.readouterr().out)] == [
        ["part", "", "tests"],
        ["test-good", "passed", "8"],
        ["test-quiet", "passed", ""],
    ]


def test_one_part_that_fails_fails_all_and_the_others_run_all_the_same(
    main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("test-bad", "test-good") == 1
    said = capsys.readouterr().out
    assert [row[:3] for row in rows(said)][1:] == [["test-bad", "failed", "4"], ["test-good", "passed", "8"]]
    assert "FAILED tests/a.py::test_b - assert [1] == []\n" in said.partition("└")[2]


def test_each_line_has_its_parts_name(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    main("test-bad")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "test-bad    │ begins"
    assert said[2] == "test-bad    │ 1 failed, 3 passed in 1.00s"


def test_the_job_server_of_the_make_that_asks_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", " -j4 --jobserver-auth=3,4 -- JOBS=1 PYTHON=python3.13")
    assert parts.environment()["MAKEFLAGS"] == "-- JOBS=1 PYTHON=python3.13"
    monkeypatch.setenv("MAKEFLAGS", "k")
    assert parts.environment()["MAKEFLAGS"] == ""


def test_parts_that_are_stopped_leave_nothing(make: Path) -> None:
    command = [sys.executable, "-m", "tools.parts", "--make", str(make), "--at-once", "2", "test-long", "test-good"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as asked:
        noted = make.with_name("make.pid")
        wait_for(lambda: noted.exists() and noted.read_text(), 30)
        asked.send_signal(signal.SIGTERM)
        assert asked.wait(30) == 128 + signal.SIGTERM
    assert not running(noted.read_text().strip())


def made(*arguments: str) -> str:
    # As from a shell: these tests may run under make.
    shell = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, env=shell).stdout


def test_make_prints_no_escape_into_a_pipe_and_fits_into_80_columns() -> None:
    said = made("help")
    assert "\x1b" not in said
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_make_lists_its_targets_in_groups() -> None:
    said = made()
    headings = [line for line in said.splitlines() if line and not line.startswith(" ")]
    assert headings == [
        "Try it",
        "Check it",
        "Prove and measure",
        "Lint and audit",
        "Write what is committed",
        "Clean up",
    ]
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^  ([a-z][a-z0-9-]*) ", said, re.MULTILINE)
    assert sorted(listed) == sorted(set(phony.split()) - {"plugins"})


def test_make_hands_on_what_was_typed_for_the_demo_to_refuse() -> None:
    assert "demo.run --given 'WORKFLW'" in made("-n", "demo", "WORKFLW=direct", "JOBS=1", "PYTHON=python3")


def test_every_part_of_the_tests_is_asked_for() -> None:
    (listed,) = re.findall(r"^PARTS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"tools.parts --make make --at-once 3 {listed}" in made("-n", "test", "JOBS=3")
