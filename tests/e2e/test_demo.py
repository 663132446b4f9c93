"""``make demo``, as a newcomer types it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo import sample
from demo.contract import FOLDER
from tests.e2e.conftest import wait_for
from tests.tooling.processes import gone
from tests.tooling.test_shell import HOSTILE

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_ends_with_the_right_counts_and_leaves_nothing_in_a_shell_for_another_account(tmp_path: Path) -> None:
    document = tmp_path / "my text.txt"
    document.write_text(sample.text(100))
    words = len(re.findall(r"[\w']+", document.read_text()))
    done = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        env={**os.environ, **HOSTILE, "DOCUMENT": str(document), "KEEP": "no"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{words:,} words" in done.stdout
    assert ">AwaitChunks<" in (ROOT / ".local" / "timeline.html").read_text()
    assert not FOLDER.exists()


def test_an_interrupted_demo_leaves_nothing() -> None:
    # A shell that runs the tests in the background has them ignore it, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-m", "demo.run"], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        log = FOLDER / "aws" / "ministack.log"
        wait_for(lambda: log.exists() and "Lambda function created" in log.read_text())
        server = int((FOLDER / "aws" / "group").read_text())
        os.killpg(running.pid, signal.SIGINT)
        said, _ = running.communicate()
    assert running.returncode == 130
    assert "The local AWS was stopped and removed" in said
    assert not FOLDER.exists()
    wait_for(lambda: gone(server))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("DOCUMENT=nofile", "DOCUMENT=nofile cannot be read"),
        (
            "WORKFLOW=documnets",
            "WORKFLOW=documnets is not valid: use one of documents, direct, queue, topic, approval, durable",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_started(asked: str, said: str) -> None:
    done = subprocess.run(["make", "demo", asked], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode
    assert said in done.stderr
    assert not FOLDER.exists()
