"""One clock stamps, another one reads: minutes between them lose nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import boto3
import pytest

from sfn_callback import ids
from sfn_callback.handlers import process
from testing.environment import TABLE
from tests.functional.approvals import DAY, TOKEN, WEEK, Approvals, approvals
from tests.functional.conftest import Deployment

__all__ = ["approvals"]

MINUTES = [-600, -240, 240, 600]


@contextmanager
def clock(seconds: float) -> Iterator[None]:
    """A function whose clock is off by so much, or that runs so much later."""

    class Elsewhere(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds)

    with pytest.MonkeyPatch.context() as patch:
        now = time.time
        patch.setattr("time.time", lambda: now() + seconds)
        patch.setattr(ids, "datetime", Elsewhere)
        yield


@pytest.mark.parametrize("seconds", MINUTES)
def test_a_document_is_merged_whatever_clock_stamped_its_job(deployment: Deployment, seconds: float) -> None:
    with clock(seconds):
        deployment.split(b"one\n\ntwo\n")
    deployment.await_chunks()
    deployment.deliver_all()
    assert deployment.merged()["words"] == 2


@pytest.mark.parametrize("seconds", MINUTES)
def test_a_chunk_is_processed_by_any_clock_until_its_retention_is_over(deployment: Deployment, seconds: float) -> None:
    deployment.split(b"one\n")
    (event,) = deployment.chunk_events()
    with clock(14 * DAY - 660 + seconds):
        process.handler(event, None)
    assert len(deployment.keys("results/")) == 1


def ask_until_the_last(approvals: Approvals, *, off: float) -> str:
    """Ask on each day of a week that nobody decides in, by a clock that is off; return the link's path."""
    approvals.ask(default="reject")
    path = approvals.link()
    for day in range(1, 8):
        approvals.machine.time_out(TOKEN if day == 1 else f"day {day - 1}")
        with clock(day * DAY + 2 + off):
            approvals.ask(f"day {day}", default="reject")
    return path


@pytest.mark.parametrize("off", [-240, 0, 240])
def test_at_the_deadline_the_default_is_taken_whatever_the_functions_clock_says(
    approvals: Approvals, off: float
) -> None:
    ask_until_the_last(approvals, off=off)
    assert approvals.machine.verdicts[0][:2] == ("day 7", "failure")
    assert len(approvals.machine.verdicts) == 1


def test_attempts_that_failed_bring_no_deadline_nearer(approvals: Approvals) -> None:
    for attempt in range(12):
        approvals.ask(f"attempt {attempt}", default="reject")
    assert approvals.machine.verdicts == []


def test_a_page_whose_clock_is_ahead_leaves_the_last_minutes_to_the_default(approvals: Approvals) -> None:
    approvals.ask(default="reject")
    path = approvals.link()
    with clock(WEEK + 60):
        assert approvals.press(path, "approve")["statusCode"] == 410
    approvals.machine.time_out(TOKEN)
    with clock(WEEK + 2):
        approvals.ask("last", default="reject")
    assert approvals.verdict()[1]["error"] == "Rejected"


def test_a_page_whose_clock_is_behind_takes_what_nobody_else_has_taken(approvals: Approvals) -> None:
    approvals.ask(default="reject")
    path = approvals.link()
    approvals.machine.time_out(TOKEN)
    with clock(WEEK - 60):
        assert approvals.press(path, "approve")["statusCode"] == 303
    with clock(WEEK + 2):
        approvals.ask("last", default="reject")
    assert approvals.verdict()[0] == "success"


def test_a_page_whose_clock_is_behind_is_told_that_the_default_was_taken(approvals: Approvals) -> None:
    path = ask_until_the_last(approvals, off=0)
    with clock(WEEK - 60):
        assert approvals.press(path, "approve")["statusCode"] == 410
    assert len(approvals.machine.verdicts) == 1


def test_an_item_is_kept_for_long_after_its_deadline_by_any_clock(approvals: Approvals) -> None:
    with clock(-600):
        approvals.ask()
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert min(int(item["expires"]["N"]) for item in items) > time.time() + WEEK + 13 * DAY
