"""How the local AWS starts, and how it ends."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulator import aws
from tests.e2e.conftest import wait_for
from tests.readme import ROOT
from tests.tooling.processes import gone


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


STARTER = """
import sys, time
from pathlib import Path
from emulator import aws
local = aws.start(Path(sys.argv[1]))
if sys.argv[2] == "kept":
    local.let_run_on()
print(local.group, flush=True)
time.sleep(3600)
"""


def started_by_one_that_is_killed(folder: Path, how: str) -> int:
    """The local AWS of a process that could clean up nothing."""
    command = [sys.executable, "-c", STARTER, str(folder), how]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        group = int(starter.stdout.readline())
        starter.kill()
    return group


def test_it_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    group = started_by_one_that_is_killed(tmp_path / "aws", "ended")
    wait_for(lambda: gone(group), 30)


def test_one_that_is_kept_runs_on(tmp_path: Path) -> None:
    group = started_by_one_that_is_killed(tmp_path / "aws", "kept")
    time.sleep(1)
    assert not gone(group)
    assert aws.stop_left(tmp_path / "aws")
    assert gone(group)
