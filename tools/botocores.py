"""Runs Python's tests on the newest boto3 and durable SDK, and those of patience on the oldest boto3, too.

The newest is in a virtual environment of its own, so that the processes that tests start have it as well; all else it
finds where this Python finds it. Arguments go to pytest.
"""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tools.toolchain import TOOLS

OLDEST = "1.35.2"
"""What ``pyproject.toml`` allows: PutObject takes IfNoneMatch, by which the first report of a chunk counts."""
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade")
_TESTS = ("tests/unit", "tests/functional", "tests/operator")
_SAID = "import botocore, urllib3; print(f'botocore {botocore.__version__}, urllib3 {urllib3.__version__}')"


def main() -> int:
    """Install both, say which versions they are, and run the tests; return pytest's exit code."""
    python, oldest = _newest(TOOLS / "botocore-newest"), _oldest(TOOLS / f"botocore-{OLDEST}")
    for label, interpreter, path in (
        ("newest", python, None),
        ("the lock's", Path(sys.executable), None),
        ("oldest", python, oldest),
    ):
        _say(label, interpreter, path)
    given = {**os.environ, "SFN_CALLBACK_BOTOCORE": str(oldest)}
    command = [python, "-m", "pytest", "-n", "2", *(sys.argv[1:] or _TESTS)]
    return subprocess.run(command, env=given, check=False).returncode


def _newest(place: Path) -> Path:
    """Return the Python of a virtual environment with the newest boto3, and behind it all that this one has."""
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)})
    behind = Path(packages) / "behind.pth"
    # pip would find there what it is to install here.
    behind.unlink(missing_ok=True)
    subprocess.run([python, *_PIP, "boto3", "aws-durable-execution-sdk-python"], check=True)
    # What is named in such a file comes after what is installed here.
    behind.write_text(sysconfig.get_path("purelib") + "\n")
    return python


def _oldest(place: Path) -> Path:
    """Return a folder with the oldest botocore, and a urllib3 such as Lambda's older runtimes have."""
    wanted = [f"botocore=={OLDEST}", "urllib3<2"]
    subprocess.run([sys.executable, *_PIP, "--no-deps", "--target", place, *wanted], check=True)
    return place


def _say(told: str, python: Path, path: Path | None) -> None:
    given = {**os.environ, "PYTHONPATH": str(path)} if path else None
    said = subprocess.run([python, "-c", _SAID], env=given, check=True, capture_output=True, text=True).stdout
    print(f"{told}: {said.strip()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
