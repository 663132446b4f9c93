"""How the local AWS starts, and how it ends."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from emulator import aws
from tests.e2e.conftest import wait_for
from tests.tooling import programs
from tests.tooling.processes import gone, program


def test_a_process_that_only_has_the_old_servers_number_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "aws"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        (folder / "group").write_text(str(other.pid))
        assert not aws.stop_left(folder)
        assert other.poll() is None
        other.communicate(b"\n")
    assert other.returncode == 0
    assert not folder.exists()


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="The end of its log"):
        aws.start(tmp_path / "aws", MINISTACK_SSL_KEY="")


def started_by_one_that_is_killed(folder: Path, *, kept: bool) -> int:
    """The local AWS of a process that could clean up nothing."""
    with program(partial(programs.start_aws, kept=kept), folder) as starter:
        return int(starter.stdout.readline())


def test_it_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    group = started_by_one_that_is_killed(tmp_path / "aws", kept=False)
    wait_for(lambda: gone(group), 30)


def test_one_that_is_kept_runs_on(tmp_path: Path) -> None:
    group = started_by_one_that_is_killed(tmp_path / "aws", kept=True)
    time.sleep(1)
    assert not gone(group)
    assert aws.stop_left(tmp_path / "aws")
    assert gone(group)
