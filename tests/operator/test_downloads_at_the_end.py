"""``start … --wait -o`` and ``watch … -o``: the result is fetched when there is one, and stdout has nothing else."""

import json
from pathlib import Path

import pytest

from sfn_callback_operator.jobs.poll_timer import PollTimer
from tests.operator.conftest import Desk


@pytest.mark.parametrize("command", [("result", "run-1"), ("watch", "run-1"), ("start", "documents/d.txt", "--wait")])
def test_stdout_is_not_written_to_twice(desk: Desk, command: tuple[str, ...]) -> None:
    desk.job()
    desk.finish(desk.arn)
    ran = desk.run(*command, "-o", "-", "--output", "json")
    assert (ran.code, ran.out, len(desk.machine.executions)) == (2, "", 1)


def ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody waits, the document is split, processed and merged."""

    def pause(_: PollTimer, otherwise: str) -> None:
        (arn,) = desk.machine.executions
        if not desk.deployment.job:
            desk.split(arn)
        else:
            desk.finish(arn)

    # Not time.sleep: the workload sleeps as well.
    monkeypatch.setattr(PollTimer, "pause", pause)


def test_start_waits_and_fetches(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends(desk, monkeypatch)
    to = tmp_path / "r.json"
    ran = desk.run("start", "documents/d.txt", "--wait", "-o", str(to))
    assert ran.code == 0, ran.err
    assert json.loads(to.read_bytes())["words"] == 3
    assert "SUCCEEDED" in ran.out
    assert f"Wrote {to}: " in ran.err


def test_start_tells_a_program_the_end_and_the_result_in_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends(desk, monkeypatch)
    to = tmp_path / "r.json"
    told = desk.json("start", "documents/d.txt", "--wait", "-o", str(to))
    assert (told["status"], told["result"]["file"]) == ("SUCCEEDED", str(to))
    assert told["result"]["size"] == to.stat().st_size


@pytest.mark.parametrize("command", ["start", "watch"])
def test_stdout_has_nothing_but_the_result(desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    ends(desk, monkeypatch)
    if command == "watch":
        desk.job()
        ran = desk.run("watch", "run-1", "-o", "-")
    else:
        ran = desk.run("start", "documents/d.txt", "--wait", "-o", "-")
    assert ran.json["words"] == 3
    assert "SUCCEEDED" in ran.err


def test_what_failed_fetches_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.failed_job(b"!fail")
    ran = desk.run("watch", "run-1", "-o", str(tmp_path / "x"))
    assert (ran.code, list(tmp_path.iterdir())) == (1, [])


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("start", "documents/d.txt", "-o", "x"), "--wait"),
        (("start", "documents/d.txt", "--wait", "-o", "no/such/x"), "There is no directory"),
        (("start", "--workflow", "approval", "--input", "{}", "--wait", "-o", "x"), "approval has none"),
        (("watch", "asks", "-o", "x"), "approval has none"),
    ],
)
def test_a_file_that_nothing_can_come_into_is_refused_before_anything_is_begun(
    desk: Desk, command: tuple[str, ...], says: str
) -> None:
    desk.approval()
    ran = desk.run(*command)
    assert (ran.code, says in ran.err, len(desk.machine.executions)) == (2, True, 1)
