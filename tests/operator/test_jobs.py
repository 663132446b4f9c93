"""``jobs`` and ``show``: what is open, and what it waits for."""

import boto3
import pytest

from sfn_callback import demo, workload
from sfn_callback.contract import Merged
from sfn_callback.fanin import item_format, ledger, protocol
from sfn_callback.handlers import split
from testing.environment import BUCKET, TABLE
from tests.functional.conftest import TOKEN
from tests.operator.conftest import Desk, text


def test_jobs_lists_what_is_open_the_oldest_first(desk: Desk) -> None:
    job = desk.job()
    desk.machine.earlier(desk.arn, 600)
    asked = desk.approval("t2")
    rows = desk.json("jobs")
    assert [row["execution"] for row in rows] == [desk.arn, asked]
    assert rows[0]["target"] == job
    assert rows[0]["age_seconds"] >= 600


def test_jobs_says_how_far_a_job_is_and_what_it_waits_for(desk: Desk) -> None:
    desk.job()
    for event in desk.deployment.chunk_events()[:2]:
        desk.deployment.deliver(event)
    (row,) = desk.json("jobs")
    assert (row["chunks"], row["done"], row["failed"], row["round"]) == (3, 2, 0, 0)
    assert row["waits_for"] == "1 of 3 chunks"
    assert "2 of 3" in desk.run("jobs").out


def done(job: str, chunks: range) -> None:
    """Chunks of the first group are done: all but the last one at once, past the many updates that it takes."""
    *others, last = chunks
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": item_format.group_key(job, 0)}},
        UpdateExpression="ADD done :done",
        ExpressionAttributeValues={":done": {"NS": [*map(str, others)]}},
    )
    protocol.chunk_done(ledger.connect(), job, last)


def test_jobs_counts_chunks_of_full_groups_and_of_others(desk: Desk) -> None:
    job = desk.job(text(*map(str, range(300))))
    done(job, range(256))
    for chunk in range(270, 275):
        protocol.chunk_done(ledger.connect(), job, chunk)
    (row,) = desk.json("jobs")
    assert (row["chunks"], row["done"]) == (300, 261)


def test_jobs_counts_no_chunk_as_done_that_has_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_CALLBACK_TOLERATED_FAILURE_COUNT", "1")
    job = desk.job(text(*["!fail"], *map(str, range(299))))
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    done(job, range(1, 256))
    for chunk in (256, 257):
        protocol.chunk_done(ledger.connect(), job, chunk)
    (row,) = desk.json("jobs")
    assert (row["done"], row["failed"]) == (257, 1)


def test_jobs_counts_a_failure_once_while_others_of_its_group_are_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_TOLERATED_FAILURE_COUNT", "1")
    desk.job(text("one", "!fail", "three"))
    for event in desk.deployment.chunk_events()[:2]:
        desk.deployment.deliver(event)
    (row,) = desk.json("jobs")
    assert (row["done"], row["failed"], row["waits_for"]) == (1, 1, "1 of 3 chunks")


def test_jobs_counts_what_was_done_before_a_redrive(desk: Desk) -> None:
    desk.job()
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    again = desk.deployment.job | {"round": 1, "fanin": f"{desk.deployment.job['job']}.1-abcdef01"}
    protocol.seal(ledger.connect(), again["fanin"], 2, 0)
    protocol.chunk_done(ledger.connect(), again["fanin"], 1)
    desk.machine.enter(desk.arn, "AwaitChunks", {"split": {"job": again}})
    (row,) = desk.json("jobs")
    assert (row["chunks"], row["done"], row["round"]) == (3, 2, 1)
    assert desk.json("show", desk.deployment.job["job"])["round"] == 1


def test_jobs_lists_failed_ones_before_those_that_succeeded(desk: Desk) -> None:
    desk.failed_job(text("one", "!fail"))
    arn = desk.machine.begin(desk.machine.machines[0], "fine", {})
    desk.machine.end(arn, "SUCCEEDED", output='{"job": "x", "result": {"bucket": "b", "key": "merged/x"}}')
    rows = desk.json("jobs", "--all")
    assert [row["status"] for row in rows] == ["FAILED", "SUCCEEDED"]
    assert rows[0]["waits_for"].startswith("ChunksFailed: 1 of 2 chunks failed")
    assert rows[1]["waits_for"] == "s3://b/merged/x"


def test_what_has_ended_is_not_said_to_wait(desk: Desk) -> None:
    desk.failed_job(text("one", "!fail"))
    assert "  ended with" in desk.run("jobs", "--all").out
    assert "waits for" not in desk.run("jobs", "--all").out
    desk.approval("t2")
    assert "  waits for, or ended with" in desk.run("jobs", "--all").out
    assert "ended with" not in desk.run("jobs").out


def test_jobs_lists_an_approval_that_a_machine_of_the_callers_own_waits_for(desk: Desk) -> None:
    arn = desk.approval(machine="own")
    (row,) = desk.json("jobs")
    assert (row["execution"], row["workflow"]) == (arn, "approval")
    assert row["waits_for"].endswith(": Publish?")


def test_jobs_lists_no_approval_whose_execution_has_ended(desk: Desk) -> None:
    desk.machine.end(desk.approval(), "FAILED", error="ApprovalTimedOut")
    assert desk.json("jobs") == []


def test_nothing_open_is_said_in_a_sentence(desk: Desk) -> None:
    assert desk.run("jobs").out == "Nothing of docs is open.\n"


def test_show_says_of_each_chunk_what_became_of_it(desk: Desk) -> None:
    job = desk.job(text("one", "!fail", "three", "four"))
    for event in desk.deployment.chunk_events()[:3]:
        desk.deployment.deliver(event)
    shown = desk.json("show", job)
    assert (shown["chunks"], shown["done"], shown["missing"]) == (4, 2, ["3"])
    why = "RuntimeError: this paragraph says !fail"
    assert shown["failed"] == [{"reason": why, "count": 1, "chunks": ["1"]}]
    assert (shown["failed_count"], shown["missing_count"]) == (1, 1)
    said = desk.run("show", job).out
    assert "this paragraph says !fail" in said
    assert f"sfn-callback redrive {job}" in said


def test_a_job_that_began_before_an_upgrade_is_found_where_it_was_kept_then(desk: Desk) -> None:
    job = desk.job()
    old = {name: value for name, value in desk.deployment.job.items() if name != "document"}
    desk.machine.histories[desk.arn].clear()
    desk.machine.enter(desk.arn, "AwaitChunks", {"bucket": BUCKET, "key": "documents/d.txt", "job": old})
    shown = desk.json("show", job)
    assert (shown["job"], shown["document"]) == (job, f"s3://{BUCKET}/documents/d.txt")


def test_show_says_what_the_workload_is_told_of_the_document(desk: Desk) -> None:
    desk.job(name="run-1")
    given = {"bucket": BUCKET, "key": "documents/d.txt", "options": {"language": "de", "pages": 3}}
    desk.deployment.job = split.handler({"document": given}, None)
    desk.machine.enter(desk.arn, "AwaitChunks", {**given, "split": {"job": desk.deployment.job}})
    assert desk.json("show", "run-1")["options"] == {"language": "de", "pages": 3}
    assert '"language": "de"' in desk.run("show", "run-1").out


def test_show_says_where_the_result_is_and_what_is_beside_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    merged = Merged(b"all", beside={"pages.csv": b"1", "index.json": b"{}"})
    monkeypatch.setattr(demo, "merge", lambda _: merged)
    workload.functions.cache_clear()
    job = desk.job()
    assert desk.json("show", job)["result"] is None
    desk.finish(desk.arn)
    shown = desk.json("show", job)
    assert shown["result"] == f"s3://{BUCKET}/merged/d.txt/{job}"
    assert shown["beside"] == "index.json, pages.csv"
    assert shown["report"] is None


def test_show_says_where_the_report_of_a_failure_is(desk: Desk) -> None:
    desk.failed_job(text("one", "!fail"))
    shown = desk.json("show", "run-1")
    assert shown["report"] == f"s3://{BUCKET}/failures/d.txt/run-1.json"
    assert shown["result"] is None
    assert desk.deployment.keys("failures/") == ["failures/d.txt/run-1.json"]


def test_show_of_an_approval_says_what_is_asked_and_how_to_answer(desk: Desk) -> None:
    desk.approval()
    shown = desk.json("show", desk.mark())
    assert (shown["subject"], shown["decided"]) == ("Publish?", "not yet")
    assert shown["actions"] == "approve (success), reject (failure)"


def test_show_of_the_execution_of_an_approval_is_that_of_the_approval(desk: Desk) -> None:
    desk.approval()
    assert desk.json("show", "asks")["subject"] == "Publish?"


def test_what_is_not_there_is_said_with_where_to_look(desk: Desk) -> None:
    ran = desk.run("show", "nothing")
    assert ran.code == 3
    assert "sfn-callback jobs --all" in ran.err


def test_a_task_token_is_not_taken_and_not_repeated(desk: Desk) -> None:
    token = TOKEN * 8
    ran = desk.run("resume", token)
    assert ran.code == 2
    assert "Task tokens are never needed" in ran.err
    assert TOKEN not in ran.out + ran.err
