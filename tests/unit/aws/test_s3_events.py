from typing import Any
from urllib.parse import quote_plus

import pytest

from sfn_callback.aws import s3_events
from sfn_callback.aws.s3_events import S3Object
from sfn_callback.documents import events, workflow
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent

JOB = "20260131T235959Z-0123456789ab"
KEYS = ["documents/a.txt", "documents/a b.txt", "documents/a+b.txt", "documents/größe/日本.txt", "documents/50%25.txt"]


def notified(key: str, **fields: Any) -> dict[str, Any]:
    """As https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html has it."""
    entry = {"size": 5, "eTag": "b1946ac9", "versionId": "v1", "sequencer": "617f08299329d189", **fields}
    told = {"bucket": {"name": "docs"}, "object": {"key": quote_plus(key, safe="/"), **entry}}
    return {"Records": [{"eventName": "ObjectCreated:Put", "s3": told}]}


def bridged(key: str, **fields: Any) -> dict[str, Any]:
    """As https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html has it."""
    entry = {"size": 5, "etag": "b1946ac9", "version-id": "v1", "sequencer": "617f08299329d189", **fields}
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "resources": ["arn:aws:s3:::docs"],
        "detail": {
            "version": "0",
            "bucket": {"name": "docs"},
            "object": {"key": key, **entry},
            "reason": "PutObject",
        },
    }


@pytest.mark.parametrize("key", KEYS)
def test_both_kinds_of_event_tell_the_same(key: str) -> None:
    assert s3_events.objects(bridged(key)) == [S3Object("docs", key, 5, "v1", "617f08299329d189")]
    assert s3_events.objects(notified(key)) == s3_events.objects(bridged(key))


@pytest.mark.parametrize("key", KEYS)
def test_an_execution_has_one_name_whichever_kind_its_event_is_of(key: str) -> None:
    (one,), (other,) = events.drops(bridged(key)), events.drops(notified(key))
    assert workflow.execution_name(one) == workflow.execution_name(other)


def test_a_bucket_without_versions_tells_none() -> None:
    (found,) = s3_events.objects({**bridged("a"), "detail": {"bucket": {"name": "docs"}, "object": {"key": "a"}}})
    assert (found.version, found.size, found.mark) == (None, 0, "")


@pytest.mark.parametrize("event", [bridged("a", sequencer=None), notified("a", sequencer=None)])
def test_without_a_sequencer_the_etag_tells_two_uploads_apart(event: dict[str, Any]) -> None:
    assert [one.mark for one in s3_events.objects(event)] == ["b1946ac9"]


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "ObjectAcl:Put"])
def test_a_record_of_what_happened_to_an_object_later_is_left_alone(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (removed,) = notified("documents/a.txt")["Records"]
    (made,) = notified("documents/b.txt")["Records"]
    (found,) = s3_events.objects({"Records": [{**removed, "eventName": name}, made]})
    assert found.key == "documents/b.txt"
    assert LogEvent.S3_EVENT_IGNORED in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_every_way_to_make_an_object_counts(name: str) -> None:
    (record,) = notified("documents/a.txt")["Records"]
    assert len(s3_events.objects({"Records": [{**record, "eventName": f"ObjectCreated:{name}"}]})) == 1


@pytest.mark.parametrize("event", [bridged("documents/new/", size=0), notified("documents/new/", size=0)])
def test_a_folder_marker_is_no_document_in_either_kind(event: dict[str, Any]) -> None:
    assert events.drops(event) == []


@pytest.mark.parametrize("event", [bridged("documents/new/"), notified("documents/new/")])
def test_what_has_something_in_it_is_a_document_whatever_its_key_ends_with(event: dict[str, Any]) -> None:
    assert len(events.drops(event)) == 1


def test_a_chunk_is_a_task_whichever_kind_its_event_is_of() -> None:
    assert events.chunk_tasks(bridged(f"chunks/{JOB}/00000007")) == [ChunkTask(JOB, 7, JOB, 7)]


def test_a_chunk_whose_last_attempt_failed_is_found_in_an_event_of_eventbridge() -> None:
    record = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": bridged(f"chunks/{JOB}/00000007")}
    assert events.failed_tasks(record)[0] == [ChunkTask(JOB, 7, JOB, 7)]


@pytest.mark.parametrize(
    "event",
    [
        {**bridged("a"), "detail-type": "Object Deleted"},
        {**bridged("a"), "source": "aws.ec2"},
        {**bridged("a"), "detail": None},
        {**bridged("a"), "detail": {"object": {"key": "a"}}},
        {**bridged("a"), "detail": {"bucket": "docs", "object": {"key": "a"}}},
        {"Records": [{"s3": "docs"}]},
        {"Records": [{"eventName": 7, "s3": {}}]},
    ],
)
def test_what_tells_of_no_new_object_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid, match="Neither an S3 event nor a task"):
        s3_events.objects(event)


BROKEN: list[Any] = [None, 7, {}, {"s3": "docs"}, {"eventName": 7, "s3": {}}, {"s3": {"object": {"key": "a"}}}]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_record_takes_no_other_with_it(broken: Any, first: bool, capsys: pytest.CaptureFixture[str]) -> None:
    (good,) = notified("documents/a.txt")["Records"]
    records = [broken, good] if first else [good, broken]
    assert [one.key for one in s3_events.objects({"Records": records})] == ["documents/a.txt"]
    assert LogEvent.S3_RECORD_UNREADABLE in capsys.readouterr().out
