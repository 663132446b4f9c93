"""Chunks that are pending are told from those that are missing, and left to whom they were handed to, or not."""

import json
from typing import Any

import pytest

from sfn_callback.documents.events import Job
from sfn_callback.fanin import ledger, protocol
from sfn_callback_operator.jobs import open_rows, outcomes
from testing.wire import Wire
from tests.operator.conftest import Desk, text
from tests.operator.handing import Handing, forget
from tests.operator.test_timeline import log_line

LONG = 3 * 20 + 240 + 600 + 60
"""Seconds after which three attempts at a chunk, and the silence that is none yet, are over."""


def said(desk: Desk, *command: str) -> str:
    ran = desk.run(*command)
    assert ran.code == 0, ran.err
    return " ".join((ran.out + ran.err).split())


def test_redrive_leaves_who_was_heard_of_and_says_so(handing: Handing) -> None:
    desk, job = handing.desk, handing.job()
    handing.hear(1, 2)
    printed = said(desk, "redrive", job, "--no-wait")
    assert "3 chunks" in printed and "2 of them are pending" in printed and "--pending" in printed
    assert handing.times() == {0: 2, 1: 1, 2: 1}
    assert [handing.say(chunk, result="r") for chunk in (0, 1, 2)] == ["recorded"] * 3
    assert len(desk.machine.verdicts) == 1


def test_redrive_pending_hands_them_on_again(handing: Handing) -> None:
    desk, job = handing.desk, handing.job()
    handing.hear(1, 2)
    assert "pending" not in said(desk, "redrive", job, "--pending", "--no-wait")
    assert handing.times() == {0: 2, 1: 2, 2: 2}


def test_who_is_silent_is_not_said_to_be_left(handing: Handing, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, job = handing.desk, handing.job()
    handing.hear(1)
    forget(desk, monkeypatch)
    assert desk.json("redrive", job, "--no-wait") == {"job": job, "chunks": 3, "resumes": True, "left_pending": 0}
    assert handing.times() == {0: 2, 1: 2, 2: 2}


def test_redrive_pending_is_not_for_what_has_failed(handing: Handing) -> None:
    ran = handing.desk.run("redrive", handing.job(), "--failed", "--pending")
    assert (ran.code, handing.desk.processed()) == (2, [])


def test_show_tells_pending_handed_on_and_missing(handing: Handing) -> None:
    desk, job = handing.desk, handing.job(text("a", "b", "c", "d", "e"))
    handing.say(0, result="eins")
    handing.hear(1)
    for chunk in (0, 1, 2, 3):
        line = {"level": "INFO", "message": "The chunk was handed on.", "chunk": chunk, "seconds": 0.1}
        log_line(desk, "docs-process", 0, event="chunk_pending", **line)
    log_line(desk, "docs-process", 0, event="attempt_failed", level="INFO", message="chunk_pending", chunk=4)
    shown = desk.json("show", job)
    assert (shown["pending"], shown["pending_count"]) == (["1"], 1)
    assert (shown["missing"], shown["missing_count"]) == (["2-4"], 3)
    assert shown["silent"] == ["2-3"]
    printed = said(desk, "show", job)
    assert "1 chunk pending: 1" in printed
    assert "3 chunks without a result or a reason: 2–4" in printed
    assert "2 of them were handed on" in printed


def test_show_without_logs_says_what_the_ledger_has(handing: Handing) -> None:
    desk, job = handing.desk, handing.job()
    handing.hear(1)
    shown = desk.json("show", job)
    assert (shown["pending"], shown["missing"], shown["silent"]) == (["1"], ["0", "2"], [])


def test_where_nothing_is_handed_on_nothing_more_is_asked_or_said(desk: Desk, handing: Handing, wire: Wire) -> None:
    handing.without_reports()
    job = desk.job()
    desk.run("show", job)
    wire.sent.clear()
    shown = desk.json("show", job)
    assert "pending" not in shown and shown["missing"] == ["0-2"]
    # The reasons of what has failed.
    assert wire.operations().count("dynamodb.BatchGetItem") == 1
    assert desk.json("jobs")[0]["pending"] is None


def test_show_asks_for_a_hundred_at_once_and_for_a_thousand_at_the_most(
    handing: Handing, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, job = handing.desk, handing.job()
    handing.hear(2)
    missing = tuple(range(5_000))
    monkeypatch.setattr(outcomes, "of_job", lambda _: outcomes.JobOutcomes(5_000, frozenset(), {}, missing))
    desk.run("show", job)
    wire.sent.clear()
    shown = desk.json("show", job)
    assert wire.operations().count("dynamodb.BatchGetItem") == 10
    assert (shown["pending"], shown["missing"], shown["pending_looked_for"]) == (["2"], ["0-1", "3-4999"], 1_000)
    assert "of the first 1,000" in said(desk, "show", job)


def row(desk: Desk) -> dict[str, Any]:
    (only,) = desk.json("jobs")
    return dict(only)


@pytest.mark.parametrize("rounds", [0, 1])
def test_jobs_tells_pending_in_each_round(handing: Handing, rounds: int) -> None:
    desk = handing.desk
    handing.job()
    for _ in range(rounds):
        handing.next_round()
    assert (row(desk)["pending"], row(desk)["waits_for"]) == (0, "3 of 3 chunks")
    handing.hear(0, 2)
    assert (row(desk)["pending"], row(desk)["waits_for"]) == (2, "3 of 3 chunks, 2 of them pending")
    handing.say(0, result="eins")
    assert (row(desk)["pending"], row(desk)["waits_for"]) == (1, "2 of 3 chunks, 1 of them pending")


def test_what_is_not_looked_at_to_its_end_is_said_to_be_at_least(
    handing: Handing, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, kept, job = handing.desk, ledger.connect(), "20260131T235959Z-0123456789ab"
    arn = desk.machine.begin("arn:aws:states:eu-central-1:000000000000:stateMachine:docs-documents", "large", {})
    protocol.seal(kept, job, 2_000, 0)
    kept.add_token(job, "token", arn)
    desk.machine.enter(arn, "AwaitChunks", {"split": {"job": Job(job, job, 2_000, 0).as_json()}})
    kept.note_heard(job, 7, job, 7)
    assert row(desk)["waits_for"] == "2,000 of 2,000 chunks, at least 1 of them pending"
    assert row(desk)["pending_at_least"]
    # In a later round the bucket would have to be listed for it, in more requests than a page has.
    protocol.seal(kept, f"{job}.1-abcdef01", 2_000, 0)
    kept.transfer_tokens(kept.look(job), f"{job}.1-abcdef01")
    monkeypatch.setattr(open_rows, "PENDING", 2)
    assert (row(desk)["pending"], row(desk)["waits_for"]) == (None, "2,000 of 2,000 chunks")


def test_the_first_page_of_jobs_takes_thirty_requests_with_pending_chunks(handing: Handing, wire: Wire) -> None:
    desk = handing.desk
    for number in range(18):
        desk.machine.wait(f"token {number}")
        desk.job(token=f"token {number}", name=f"run-{number}")
        desk.deployment.deliver_all()
        handing.hear(1)
    desk.run("jobs")
    desk.machine.asked.clear()
    wire.sent.clear()
    rows = desk.json("jobs")
    asked = len(wire.sent) + desk.machine.asked.total() + 1
    assert asked <= 30
    assert len(rows) >= 15
    assert {one["pending"] for one in rows} == {1}


def stuck(desk: Desk) -> list[dict[str, Any]]:
    return [one for one in desk.json("doctor", "--all") if one["what"] == "open jobs"]


def test_doctor_does_not_call_a_job_stuck_whose_chunks_are_pending(handing: Handing) -> None:
    desk, job = handing.desk, handing.job()
    desk.machine.earlier(desk.arn, LONG)
    (found,) = stuck(desk)
    assert (found["level"], found["do"]) == ("problem", f"sfn-callback redrive {job} --missing")
    assert "3 chunks" in found["says"]
    handing.hear(0, 1)
    (found,) = stuck(desk)
    assert "for 1 chunk," in found["says"] and "2 more are pending" in found["says"]
    handing.hear(2)
    (found,) = stuck(desk)
    assert found["level"] == "good"


def test_doctor_is_patient_with_who_may_still_be_heard_of(handing: Handing) -> None:
    desk = handing.desk
    handing.job()
    desk.machine.earlier(desk.arn, 3 * 20 + 240 + 60)
    (found,) = stuck(desk)
    assert found["level"] == "good", json.dumps(found)
