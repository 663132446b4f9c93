"""The module as a guest: in a bucket of the caller's, by way of EventBridge, with functions under an alias."""

import json
from typing import Any

import pytest

from emulator.state_machine import Seen
from tests.e2e.conftest import Instance, instance_fixture, wait_for

OUTSIDE = "documents/outside.txt"


guest = instance_fixture("guest")
"""It is in a bucket that is not its own."""


@pytest.fixture(scope="module")
def execution(guest: Instance) -> Seen:
    """What came of a document in that bucket; EventBridge does not encode its name, as S3 does."""
    guest.s3.put_object(Bucket=guest.bucket, Key=OUTSIDE, Body=b"one\n")
    ended = guest.drop("a guest + another.txt", b"one\n\n!sleep 0.1\ntwo two\n")
    # The local AWS lists "+" in a way that the provider does not understand when it empties the bucket.
    guest.s3.delete_object(Bucket=guest.bucket, Key=f"{guest.prefix}documents/a guest + another.txt")
    return ended


def message(guest: Instance, queue: str, text: str) -> Any:
    """The first message with that text that comes to a queue of the caller's."""
    url = guest.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    received = wait_for(lambda: next((one["Body"] for one in _received(guest.sqs, url) if text in one["Body"]), None))
    return json.loads(received)


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
        "Messages", []
    )
    for one in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def test_a_document_in_a_bucket_of_the_callers_is_split_processed_and_merged(guest: Instance, execution: Seen) -> None:
    assert (execution.status, execution.output["chunks"], execution.resumed) == ("SUCCEEDED", 2, 1)
    assert guest.merged(execution)["words"] == 3


def test_all_is_below_the_prefix_and_what_is_beside_it_starts_nothing(guest: Instance, execution: Seen) -> None:
    listed = guest.s3.list_objects_v2(Bucket=guest.bucket)["Contents"]
    beside = [entry["Key"] for entry in listed if not entry["Key"].startswith("team-a/")]
    assert (guest.prefix, beside) == ("team-a/", [OUTSIDE])
    assert execution.output["result"]["key"].startswith("team-a/merged/a guest + another.txt/")
    pages = guest.machines.get_paginator("list_executions").paginate(stateMachineArn=guest.machine)
    begun = [guest.seen(one["executionArn"]) for page in pages for one in page["executions"]]
    assert all(json.loads(one.description["input"])["key"].startswith("team-a/documents/") for one in begun)
    assert guest.report(guest.drop("rejected.txt", b"!reject\n"))["without_result"] == [0]


def test_the_buckets_own_notification_tells_its_queue_as_ever(guest: Instance, execution: Seen) -> None:
    assert execution.status == "SUCCEEDED"
    (told,) = message(guest, "theirs", "guest")["Records"]
    assert told["s3"]["bucket"]["name"] == guest.bucket


def test_a_topic_of_the_callers_is_told_how_an_execution_ended_and_not_what_it_was_given(
    guest: Instance, execution: Seen
) -> None:
    ended = message(guest, "ends", execution.description["executionArn"])
    assert ended["status"] == "SUCCEEDED"
    assert set(ended) == {"status", "execution", "machine", "started", "stopped"}


def test_a_chunk_that_crashes_under_the_alias_is_reported_by_its_on_failure_destination(guest: Instance) -> None:
    crashed = guest.drop("crash.txt", b"one\n\n!crash\n")
    assert (crashed.status, crashed.error) == ("FAILED", "ChunksFailed")
    assert crashed.states.count("Redrive") == 0


def test_every_alias_points_to_the_version_that_is_told(guest: Instance) -> None:
    for handler, version in guest.outputs["function_versions"].items():
        name = guest.outputs["function_names"][handler]
        assert guest.functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == version
        assert version.isdigit()
