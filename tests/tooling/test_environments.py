"""The processes that the local AWS runs functions in: copies of one that has read boto3."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.ministack_environments import Copies, Copy, is_plain
from tests.e2e.conftest import wait_for

TELLS = """
import json, os, sys
asked = sys.stdin.readline()
print("to its log", file=sys.stderr)
told = {"asked": asked, "folder": os.getcwd(), "one": os.environ["ONE"], "has": "botocore" in sys.modules}
print(json.dumps({**told, "pid": os.getpid(), "variables": len(os.environ)}), flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def copies() -> Iterator[Copies]:
    made = Copies()
    yield made
    made.close()


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A folder with a script."""
    (tmp_path / "_worker.py").write_text(TELLS)
    return tmp_path


@pytest.fixture
def copy(copies: Copies, environment: Path) -> Iterator[Copy]:
    made = copies.make(str(environment / "_worker.py"), str(environment), {"ONE": "1"})
    yield made
    made.kill()
    for pipe in (made.stdin, made.stdout, made.stderr):
        pipe.close()


def test_a_copy_has_its_own_pipes_folder_and_variables_and_boto3(copy: Copy, environment: Path) -> None:
    copy.stdin.write("a question\n")
    told = json.loads(copy.stdout.readline())
    assert told == {
        "asked": "a question\n",
        "folder": str(environment),
        "one": "1",
        "has": True,
        "pid": copy.pid,
        "variables": 1,
    }
    assert copy.stderr.readline() == "to its log\n"


def test_a_copy_runs_until_it_ends(copy: Copy) -> None:
    assert copy.poll() is None
    copy.stdin.close()
    assert copy.wait(60) == copy.poll() is not None
    # And is no zombie, though a moment later.
    assert wait_for(lambda: not Path(f"/proc/{copy.pid}").exists(), 60)


def test_a_copy_that_is_killed_is_known_to_be_dead(copy: Copy) -> None:
    os.kill(copy.pid, signal.SIGKILL)
    copy.wait(60)
    assert (copy.poll(), copy.stdout.readline()) != (None, "")
    copy.terminate()


def test_what_has_a_botocore_of_its_own_is_no_copy(environment: Path) -> None:
    options = {"cwd": str(environment), "env": dict[str, str]()}
    command = ["python3", str(environment / "_worker.py")]
    assert is_plain(command, options)
    assert not is_plain(["bootstrap"], options)
    assert not is_plain(command, {**options, "env": {"_LAMBDA_LAYERS_DIRS": "a"}})
    (environment / "botocore").mkdir()
    assert not is_plain(command, options)
