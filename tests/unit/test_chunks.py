import io
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from sfn_callback import chunks
from sfn_callback.chunks import Chunk, Store
from sfn_callback.errors import ChunkGone
from tests.conftest import BUCKET
from tests.fakes.aws import make_bucket

JOB = "20260131T235959Z-0123456789ab"


@pytest.fixture
def store() -> Iterator[Store]:
    with mock_aws():
        make_bucket()
        yield chunks.connect()


def test_every_job_id_is_fresh_and_knows_its_age() -> None:
    ids = {chunks.new_job() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(chunks.parse_key(f"chunks/{job}/00000000") for job in ids)
    assert chunks.age_seconds(ids.pop()) < 60


@pytest.mark.parametrize(
    "key",
    [
        "chunks/notes.txt",
        f"chunks/{JOB}/1",
        f"chunks/{JOB}/00000001.txt",
        f"chunks/{JOB}/sub/00000001",
        f"results/{JOB}/00000001",
        f"chunks/{JOB}/٠٠٠٠٠٠٠١",
    ],
)
def test_a_key_that_is_not_ours_is_none(key: str) -> None:
    assert chunks.parse_key(key) is None


def test_a_chunks_key_tells_job_and_index() -> None:
    assert chunks.parse_key(f"chunks/{JOB}/00000123") == (JOB, 123)


def test_chunks_are_written_and_read_back(store: Store) -> None:
    assert list(store.write_chunks(JOB, (b"chunk %d" % n for n in range(100)))) == list(range(100))
    chunk = store.read_chunk(JOB, 42)
    assert (chunk, chunk.job, chunk.number) == (b"chunk 42", JOB, 42)


def test_a_chunk_is_bytes_to_a_workload() -> None:
    assert Chunk(b"abc", JOB, 0).decode().upper() == "ABC"


def test_a_chunk_that_was_deleted_is_gone(store: Store) -> None:
    with pytest.raises(ChunkGone, match=f"s3://{BUCKET}/chunks/{JOB}/00000007"):
        store.read_chunk(JOB, 7)


def test_results_are_listed_and_read_in_the_order_of_their_chunks(store: Store) -> None:
    for index in reversed(range(1200)):
        store.write_result(JOB, index, b"%d" % index)
    indexes = store.result_indexes(JOB)
    assert list(indexes) == list(range(1200))
    assert [int(result) for result in store.read_results(JOB, indexes)] == list(range(1200))


def test_a_foreign_object_among_the_results_is_not_one(store: Store) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"results/{JOB}/readme.txt", Body=b"")
    assert list(store.result_indexes(JOB)) == []


def test_a_merged_result_can_be_bytes_or_come_in_pieces(store: Store) -> None:
    for body in (b"whole", [b"wh", b"", b"ole"]):
        key = store.write_merged(JOB, body)
        assert boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"whole"


def test_a_large_merged_result_is_uploaded_in_parts(store: Store) -> None:
    piece = bytes(1024 * 1024)
    key = store.write_merged(JOB, (piece for _ in range(20)))
    head = boto3.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert head["ContentLength"] == 20 * len(piece)
    assert head["ETag"].strip('"').endswith("-3")


def test_an_iterable_is_a_file_whatever_its_pieces() -> None:
    joined = io.BufferedReader(chunks._Joined([b"a" * 100_000, b"", b"b"]))
    assert joined.read() == b"a" * 100_000 + b"b"


def test_the_first_chunks_are_there_while_the_last_are_still_being_made(store: Store) -> None:
    seen_while_splitting = -1

    def bodies() -> Iterator[bytes]:
        nonlocal seen_while_splitting
        for _ in range(200):
            yield b"chunk"
        seen_while_splitting = store.client.list_objects_v2(Bucket=BUCKET, Prefix=f"chunks/{JOB}/")["KeyCount"]
        yield b"the last"

    list(store.write_chunks(JOB, bodies()))
    assert seen_while_splitting > 100
