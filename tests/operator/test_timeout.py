"""``--timeout``: how long a command waits is up to who gives it; what was begun goes on."""

from pathlib import Path

import pytest

from sfn_callback_operator.errors import LATE, OperatorError
from sfn_callback_operator.jobs.poll_timer import PollTimer
from tests.operator.conftest import Desk, text


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleep takes no time, but the clock says that it did; the pauses are kept."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(slept))
    return slept


def test_watching_ends_with_its_time_and_says_how_to_go_on(desk: Desk, clock: list[float]) -> None:
    desk.job()
    ran = desk.run("watch", "run-1", "--timeout", "20")
    assert ran.code == LATE
    assert sum(clock) == pytest.approx(20)
    assert "not ended within 20 seconds, and continues. To follow it: sfn-callback watch run-1" in ran.err


def test_a_started_execution_goes_on_after_the_timeout(desk: Desk, clock: list[float]) -> None:
    ran = desk.run("start", "documents/d.txt", "--wait", "--timeout", "3")
    (execution,) = desk.machine.executions.values()
    assert (ran.code, execution["status"]) == (LATE, "RUNNING")
    assert sum(clock) == pytest.approx(3)


def test_the_wait_for_what_a_document_starts_counts(desk: Desk, clock: list[float], tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("one\n")
    ran = desk.run("start", str(tmp_path / "d.txt"), "--wait", "--timeout", "3")
    assert ran.code == LATE
    assert sum(clock) == pytest.approx(3)
    assert "It is uploaded: s3://" in ran.err


def test_starting_again_has_a_timeout_too(desk: Desk, clock: list[float]) -> None:
    desk.failed_job(text("!reject"))
    assert desk.run("restart", "run-1", "--wait", "--timeout", "3").code == LATE
    assert sum(clock) == pytest.approx(3)


@pytest.mark.parametrize("ended", [False, True], ids=["its machine waits", "its machine has failed"])
def test_a_redrive_whose_chunks_never_end_is_given_up(
    desk: Desk, clock: list[float], monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    job = desk.failed_job(text("!reject")) if ended else desk.job()
    monkeypatch.setattr(desk.functions, "handled", lambda *_: {"StatusCode": 202})
    ran = desk.run("redrive", job, "--timeout", "30")
    assert ran.code == LATE
    assert sum(clock) == pytest.approx(30)
    assert f"sfn-callback {f'redrive {job}' if ended else 'watch run-1'}" in ran.err


@pytest.mark.parametrize(
    "arguments", [("start", "documents/d.txt"), ("restart", "run-1"), ("redrive", "run-1", "--no-wait")]
)
def test_a_timeout_for_no_wait_is_refused_before_anything_is_done(desk: Desk, arguments: tuple[str, ...]) -> None:
    desk.job()
    ran = desk.run(*arguments, "--timeout", "3")
    assert (ran.code, len(desk.machine.executions), desk.functions.invoked) == (2, 1, [])
    assert "--wait" in ran.err


def test_no_pause_is_longer_than_the_time_that_is_left(clock: list[float]) -> None:
    patience = PollTimer(30)
    with pytest.raises(OperatorError, match="30 seconds"):
        while True:
            patience.pause("")
    assert max(clock) == 5
    assert sum(clock) == pytest.approx(30)
