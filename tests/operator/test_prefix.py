"""A deployment that shares a bucket: whatever the command puts there, reads or asks about is below its prefix."""

import os
from pathlib import Path

import boto3
import pytest

from sfn_callback import settings
from sfn_callback_operator.timeline.run_record import DONE
from testing.environment import BUCKET, ENVIRONMENT
from tests.operator.conftest import Desk
from tests.operator.test_start import given
from tests.operator.test_undelivered import Queues, s3_event

KEY = "team-a/documents/2026/d.txt"


@pytest.fixture
def below(desk: Desk) -> Desk:
    """The desk of a deployment whose bucket has a prefix."""
    told = {**ENVIRONMENT, "SFN_CALLBACK_PREFIX": "team-a/"}
    functions = boto3.client("lambda")
    for function in functions.list_functions()["Functions"]:
        functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": told})
    os.environ.update(told)
    settings.current.cache_clear()
    desk.deployment.prefix = "team-a/"
    return desk


@pytest.mark.parametrize(
    "named", ["documents/d.txt", "team-a/documents/d.txt", f"s3://{BUCKET}/team-a/documents/d.txt"]
)
def test_a_document_is_started_by_its_key_with_the_prefix_or_without(below: Desk, named: str) -> None:
    assert below.run("start", named).code == 0
    assert given(below) == {"bucket": BUCKET, "key": "team-a/documents/d.txt"}


@pytest.mark.parametrize("named", ["documents/", "team-a/documents/", f"s3://{BUCKET}/team-a/documents/"])
def test_the_folder_is_no_document(below: Desk, named: str) -> None:
    assert "is not a document's name" in below.run("start", named).err


def test_a_file_is_dropped_below_the_prefix(below: Desk, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("one\n")
    below.event_starts("begun", KEY)
    assert below.json("start", str(tmp_path / "d.txt"), "--key", "2026/d.txt")["name"] == "begun"
    assert below.deployment.keys("") == [KEY]


@pytest.mark.parametrize("named", ["run-1", "2026/d.txt", "documents/2026/d.txt", KEY, f"s3://{BUCKET}/{KEY}"])
def test_a_result_is_found_by_each_name_of_its_document(below: Desk, named: str) -> None:
    job = below.job(key=KEY)
    below.finish(below.arn)
    told = below.json("result", named)
    assert told["key"] == f"team-a/merged/2026/d.txt/{job}"


def test_without_logs_the_bucket_tells_when_chunks_were_done(below: Desk) -> None:
    below.job(key=KEY)
    for event in below.deployment.chunk_events()[:2]:
        below.deployment.deliver(event)
    first, _, last = below.json("timeline", "run-1")["chunks"]
    assert [attempt["outcome"] for attempt in first["attempts"]] == [DONE]
    assert (last["created"] is not None, last["attempts"]) == (True, [])


def test_a_job_is_redriven_and_merged(below: Desk) -> None:
    below.job(key=KEY)
    below.machine.end(below.arn, "TIMED_OUT")
    assert below.run("redrive", "run-1").code == 0
    assert all(key.startswith("team-a/") for key in below.deployment.keys(""))
    assert below.json("result", KEY)["metadata"]["document"] == KEY


def test_what_nobody_could_handle_is_named(below: Desk) -> None:
    job = "20260131T235959Z-0123456789ab"
    Queues(boto3.client("sqs")).put(s3_event(f"team-a/chunks/{job}/00000007"))
    (one,) = below.json("undelivered")
    assert f"chunk 7 of {job}" in str(one)
