"""Documents that are made while they are read, split and merged by the handlers over botocore's requests."""

import pytest

from benchmarks.streaming import tasks
from benchmarks.streaming.process import Task, Took
from benchmarks.streaming.storage import MB


def took(do: str, **task: object) -> Took:
    storage = {"size": 90_000, "results": 1_001, "result_bytes": 3}
    return tasks.apart(Task(do, chunk_bytes=1_000, storage=storage | {"unit": "123456789"}, **task))  # type: ignore[arg-type]


def test_a_document_is_read_in_ranges_and_each_chunk_is_one_request() -> None:
    assert took("split").requests == {"HeadObject": 1, "GetObject": 1, "PutObject": 90, "UpdateItem": 2}


def test_what_is_merged_is_listed_in_pages_and_read_once() -> None:
    assert took("merge").requests == {"ListObjectsV2": 2, "GetObject": 1_001, "PutObject": 1}


def test_a_document_of_too_many_chunks_is_refused() -> None:
    refused = took("split", max_chunks=50, ends_with="TooManyChunks")
    assert refused.chunks <= 50


def test_a_plain_loop_makes_the_same_requests_for_a_chunk() -> None:
    assert took("plain split").requests["PutObject"] == 90
    assert took("plain merge").requests == {"GetObject": 1_001}


@pytest.mark.parametrize("do", ["split", "merge"])
def test_chunks_of_20_mb_are_not_read_ahead_by_the_dozen(do: str) -> None:
    # Two chunks at once and what is read and written: 24 would be 480 MB.
    assert tasks.apart(tasks.slow(20 * MB, 6, 0.05)[do]).memory_mb < 110


def test_a_task_that_does_not_end_as_it_has_to_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with 1"):
        took("split", ends_with="TooManyChunks")
