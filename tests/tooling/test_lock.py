"""One run at a time in a checkout: the second says who runs, and touches nothing."""

import os
import re
import sys
from pathlib import Path

import pytest

from demo import lock, run
from demo.lock import Taken
from emulator import aws
from tests.tooling import programs
from tests.tooling.processes import program


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "of" / "demo.lock"


def test_who_runs_what_and_since_when_is_said_until_it_has_ended(path: Path) -> None:
    # It ends when it is killed.
    with program(programs.hold, path) as holder:
        holder.stdout.readline()
        with pytest.raises(Taken) as taken, lock.held(path, "another"):
            pass
    said = (
        rf"make demo WORKFLOW=direct runs in this checkout, as process {holder.pid} since \d{{4}}-\d\d-\d\d \d\d:\d\d:"
    )
    assert re.match(said, str(taken.value))
    with lock.held(path, "another"):
        pass


def test_one_that_has_just_begun_and_has_not_said_who_it_is_is_respected(path: Path) -> None:
    with lock.held(path, "one"):
        path.write_text("")
        with pytest.raises(Taken, match="Another run has just started"), lock.held(path, "another"):
            pass


@pytest.mark.parametrize("arguments", [[], ["--stop"]])
def test_a_second_demo_says_who_runs_and_touches_nothing(
    path: Path,
    tmp_path: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "demo"
    (folder / "aws").mkdir(parents=True)
    (folder / "aws" / "group").write_text("1")
    monkeypatch.setattr(run, "LOCK", path)
    monkeypatch.setattr(run, "FOLDER", folder)
    monkeypatch.setattr(aws, "stop_left", None)
    monkeypatch.setattr(sys, "argv", ["demo", *arguments])
    with lock.held(path, "make demo"):
        assert run.main() == 2
    assert f"make demo runs in this checkout, as process {os.getpid()} since " in capsys.readouterr().err
    assert (folder / "aws" / "group").exists()
