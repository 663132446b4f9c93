"""The processes that the local AWS runs functions in: copies of one that has read boto3, and packages."""

import json
import os
import signal
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator.ministack_environments import Copies, Copy, is_plain
from emulator.ministack_packages import Package
from tests.e2e.conftest import wait_for

PYTHON = "_worker.py"
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


@pytest.fixture
def unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], Path]:
    """Unpacks a package for a process, as MiniStack does."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def unpacked(process: str, script: str, text: str) -> Path:
        folder = tmp_path / process
        code = folder / "code"
        code.mkdir(parents=True)
        (folder / script).touch()
        with zipfile.ZipFile(folder / "code.zip", "w") as package:
            package.writestr(zipfile.ZipInfo("function.py"), text)
        with Package(folder / "code.zip") as package:
            package.extractall(str(code))
        return code

    return unpacked


def test_processes_of_one_package_share_its_folder(unpack: Callable[[str, str, str], Path]) -> None:
    one, same, other = (unpack(*given) for given in (("1", PYTHON, "a"), ("2", PYTHON, "a"), ("3", PYTHON, "b")))
    assert [code.joinpath("function.py").read_text() for code in (one, same, other)] == ["a", "a", "b"]
    assert one.resolve() == same.resolve() != other.resolve()


def test_what_is_no_package_of_python_is_unpacked_where_it_is_wanted(
    unpack: Callable[[str, str, str], Path],
) -> None:
    code = unpack("1", "_worker.js", "a")
    assert (code.joinpath("function.py").read_text(), code.is_symlink()) == ("a", False)
