from typing import Any
from urllib.parse import quote_plus

import pytest

from sfn_callback.documents import events
from sfn_callback.documents.events import ChunkTask, DocumentAt, Drop, Job
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent

JOB = "20260131T235959Z-0123456789ab"


def s3_event(*keys: str, version: str | None = "v1") -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": "docs"},
                    "object": {
                        "key": quote_plus(key, safe="/"),
                        "versionId": version,
                        "sequencer": "0055AED6DCD90281E5",
                    },
                },
            }
            for key in keys
        ]
    }


TEST_EVENT = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-31T23:59:59Z", "Bucket": "docs"}


@pytest.mark.parametrize(
    "key", ["documents/a b.txt", "documents/a+b.txt", "documents/größe/日本.txt", "documents/50%.txt"]
)
def test_a_dropped_documents_key_is_decoded(key: str) -> None:
    assert events.drops(s3_event(key)) == [Drop(DocumentAt("docs", key, "v1"), "0055AED6DCD90281E5")]


def test_a_folder_marker_is_no_document() -> None:
    assert events.drops(s3_event("documents/", "documents/new/")) == []


def test_a_chunks_key_tells_the_task_of_the_first_round() -> None:
    tasks = events.chunk_tasks(s3_event(f"chunks/{JOB}/00000007", f"chunks/{JOB}/00000008"))
    assert tasks == [ChunkTask(JOB, 7, JOB, 7), ChunkTask(JOB, 8, JOB, 8)]


def test_a_redriven_task_names_its_slot_and_fan_in() -> None:
    event = {"job": JOB, "index": 7, "fanin": f"{JOB}.1-abcd", "slot": 0}
    assert events.chunk_tasks(event) == [ChunkTask(JOB, 7, f"{JOB}.1-abcd", 0)]


def test_an_object_that_is_no_chunk_is_left_alone_with_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert events.chunk_tasks(s3_event("chunks/notes.txt")) == []
    (line,) = capsys.readouterr().out.splitlines()
    assert LogEvent.CHUNK_KEY_IGNORED in line
    assert "chunks/notes.txt" in line


@pytest.mark.parametrize("parse", [events.drops, events.chunk_tasks])
def test_an_s3_test_event_is_nothing_to_do(parse: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(TEST_EVENT) == []
    assert LogEvent.S3_TEST_EVENT in capsys.readouterr().out


@pytest.mark.parametrize("parse", [events.drops, events.chunk_tasks])
def test_an_event_of_another_kind_is_refused_and_not_quoted(parse: Any) -> None:
    with pytest.raises(InputInvalid, match=r"its fields are \['a', 'b'\]") as caught:
        parse({"a": "secret", "b": 1})
    assert "secret" not in str(caught.value)


def test_a_failed_invocation_tells_its_tasks_and_why() -> None:
    record = {
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": s3_event(f"chunks/{JOB}/00000007"),
        "responsePayload": {"errorType": "ValueError", "errorMessage": "no"},
    }
    assert events.failed_tasks(record) == ([ChunkTask(JOB, 7, JOB, 7)], "ValueError", "no")


def test_an_event_that_was_never_delivered_has_no_response_but_a_condition() -> None:
    record = {"requestContext": {"condition": "EventAgeExceeded"}, "requestPayload": s3_event(f"chunks/{JOB}/00000007")}
    assert events.failed_tasks(record)[1:] == ("EventAgeExceeded", "EventAgeExceeded")


def test_what_is_no_record_of_a_failed_invocation_is_refused() -> None:
    with pytest.raises(InputInvalid, match="requestPayload is missing"):
        events.failed_tasks(s3_event(f"chunks/{JOB}/00000007"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "'bucket' must be a non-empty string, and is missing"),
        ({"bucket": "docs"}, "'key' must be a non-empty string, and is missing"),
        ({"bucket": "docs", "key": 7}, "'key' must be a non-empty string, not 7"),
    ],
)
def test_an_execution_input_that_is_wrong_says_what_to_change(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        events.document(given)
    assert message in str(caught.value)


def test_a_job_is_read_back_as_the_machine_carries_it() -> None:
    carried = {"job": JOB, "fanin": JOB, "chunks": 3.0, "tolerated": 0, "round": 1}
    assert events.job(carried) == Job(JOB, JOB, 3, 0, 1)


@pytest.mark.parametrize("wrong", [-1, 1.5, "3", None, True])
def test_a_number_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(InputInvalid, match="'chunks' must be a non-negative integer"):
        events.job({"job": JOB, "fanin": JOB, "chunks": wrong, "tolerated": 0, "round": 0})


def test_a_token_is_in_no_representation_and_no_error() -> None:
    assert "secret" not in repr(events.wait({"fanin": JOB, "token": "secret"}))
    with pytest.raises(InputInvalid) as caught:
        events.wait({"fanin": JOB, "token": ["secret"]})
    assert "secret" not in str(caught.value)


def test_a_failure_without_a_job_is_a_failure_of_splitting() -> None:
    state = {"bucket": "docs", "key": "k", "failure": {"Error": "DocumentNotFound", "Cause": "…"}}
    failure = events.failure({"execution": "name", "state": state})
    assert (failure.job, failure.error, failure.document) == (None, "DocumentNotFound", {"bucket": "docs", "key": "k"})
