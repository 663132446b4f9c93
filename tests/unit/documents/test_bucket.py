import ast
import copy
import io
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from sfn_callback import layout
from sfn_callback.contract import About, Chunk, Content, LargeChunk, Merged, NewChunk, Source
from sfn_callback.documents import bucket
from sfn_callback.documents.bucket import Store
from sfn_callback.errors import ChunkGone, ChunkTooLarge, MetadataTooLarge, WorkloadInvalid
from testing.environment import BUCKET
from testing.wire import Sent, Wire
from tests.conftest import set_variables

JOB = "20260131T235959Z-0123456789ab"
KEY = f"merged/a.txt/{JOB}"
ABOUT = About(Source(BUCKET, "documents/größe +%.txt", "v1"), {"language": "de", "pages": [1, 2]})
MB = 1024 * 1024
NUMBERED = [b"%8d" % number * (MB // 8) for number in range(9)]
"""More than one part, and at each border of two pieces other bytes than anywhere else."""
BORDER = b"    7       8"
"""What is 5 bytes before the ninth piece, where the second range begins."""


@pytest.fixture
def store(wire: Wire, s3: Any) -> Store:
    return bucket.connect()


def write(store: Store, *bodies: Any, about: About = ABOUT) -> None:
    contents = (body if isinstance(body, Content) else Content(body) for body in bodies)
    list(store.write_chunks(JOB, contents, about))


def there(key: str) -> Any:
    return boto3.client("s3").get_object(Bucket=BUCKET, Key=key)


def listed(store: Store, prefix: str) -> list[str]:
    found = store.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", ())]


def test_chunks_are_written_and_read_back(store: Store) -> None:
    numbers = store.write_chunks(JOB, (Content(b"chunk %d" % n) for n in range(100)), ABOUT)
    assert list(numbers) == list(range(100))
    chunk = store.read_chunk(JOB, 42)
    assert (chunk, chunk.job, chunk.number, chunk.size) == (b"chunk 42", JOB, 42, 8)


def test_a_chunk_may_be_empty(store: Store) -> None:
    write(store, b"", b"more")
    assert store.read_chunk(JOB, 0) == b""


def test_a_chunk_knows_its_document_its_options_and_what_split_said_of_it(store: Store) -> None:
    write(store, NewChunk(b"%PDF-1.7", "application/pdf", name="Seite 1 – „ü“", fields={"page": 1}))
    chunk = store.read_chunk(JOB, 0)
    assert (chunk.document, chunk.options) == (ABOUT.document, ABOUT.options)
    assert (chunk.name, chunk.fields, chunk.content_type) == ("Seite 1 – „ü“", {"page": 1}, "application/pdf")


def test_a_chunk_that_was_written_by_hand_knows_nothing(store: Store) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=layout.chunk(JOB, 0), Body=b"x", Metadata={"options": "no JSON"})
    chunk = store.read_chunk(JOB, 0)
    assert (chunk.document, chunk.options, chunk.name, chunk.fields) == (None, {}, "", {})


def test_what_does_not_fit_beside_a_chunk_is_refused_by_name(store: Store) -> None:
    with pytest.raises(MetadataTooLarge, match=r"S3 takes at most 2,048.*'fields' with 2,5\d\d and 'document'"):
        write(store, NewChunk(b"x", fields={"text": "x" * 2_500}))


def test_the_longest_key_and_options_of_a_kilobyte_fit_beside_a_chunk(store: Store) -> None:
    document = Source(BUCKET, "documents/" + "a" * 900, "v" * 32)
    write(store, b"x", about=About(document, {"text": "x" * 900}))
    assert store.read_chunk(JOB, 0).document == document
    document = Source(BUCKET, "documents/" + "ü" * 507, "v" * 32)
    write(store, b"x", about=About(document))
    assert store.read_chunk(JOB, 0).document == document


@pytest.mark.parametrize("body", [io.BytesIO(b"x" * 9 * MB), [b"x" * MB] * 9, [b"", b"x" * 9 * MB]])
def test_a_chunk_may_be_a_file_or_come_in_pieces(store: Store, body: Any) -> None:
    write(store, NewChunk(body, "text/plain", name="all"))
    chunk = store.read_chunk(JOB, 0)
    assert chunk == b"x" * 9 * MB
    assert (chunk.name, chunk.content_type, chunk.document) == ("all", "text/plain", ABOUT.document)


def test_pieces_are_read_before_the_next_chunk_is_asked_for(store: Store) -> None:
    file = io.BytesIO(b"one two three")

    def contents() -> Iterator[Content]:
        for size in (4, 4, 5):
            yield Content(iter([file.read(size)]))

    list(store.write_chunks(JOB, contents(), ABOUT))
    assert [store.read_chunk(JOB, index) for index in range(3)] == [b"one ", b"two ", b"three"]


@pytest.mark.parametrize("body", [io.StringIO("text"), [b"x", "text"], [1]])
def test_a_body_with_something_else_than_bytes_is_refused_and_split_named(store: Store, body: Any) -> None:
    with pytest.raises(WorkloadInvalid, match=r"split\(\) returned a (str|int); it must return bytes"):
        write(store, body)
    assert listed(store, "chunks/") == []


def test_nothing_is_left_of_an_upload_whose_pieces_fail(store: Store) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 20 * MB
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write(store, pieces())
    assert listed(store, "chunks/") == []
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=BUCKET)


def test_a_chunk_is_bytes_to_a_workload_and_can_be_opened() -> None:
    chunk = Chunk(b"abc", JOB, 0)
    assert chunk.decode().upper() == "ABC"
    assert chunk.open().read() == b"abc"


@pytest.fixture
def large(store: Store, monkeypatch: pytest.MonkeyPatch) -> LargeChunk:
    # Of the smallest function, 32 MB is a chunk's; here it is 8.
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "32")
    write(store, NewChunk(NUMBERED, name="large"))
    chunk = store.read_chunk(JOB, 0)
    assert isinstance(chunk, LargeChunk)
    return chunk


def test_a_chunk_that_does_not_fit_into_memory_can_be_opened_again_and_again(large: LargeChunk) -> None:
    for _ in range(2):
        file = large.open()
        file.seek(8 * MB - 5)
        assert file.read(len(BORDER)) == BORDER
    assert (large.name, large.size, large.document) == ("large", 9 * MB, ABOUT.document)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda chunk: pickle.loads(pickle.dumps(chunk))])
def test_a_chunk_that_does_not_fit_into_memory_can_be_opened_elsewhere(
    large: LargeChunk, again: Callable[[LargeChunk], LargeChunk]
) -> None:
    chunk = again(large)
    file = chunk.open()
    file.seek(8 * MB - 5)
    assert file.read(len(BORDER)) == BORDER
    assert (chunk.name, chunk.size, chunk.document) == (large.name, large.size, large.document)


@pytest.mark.parametrize(
    "use",
    [lambda chunk: chunk.decode(), bytes, len, list, lambda chunk: b"x" in chunk, lambda chunk: chunk[0]],
)
def test_a_chunk_that_does_not_fit_into_memory_says_so_where_it_is_used_as_bytes(large: LargeChunk, use: Any) -> None:
    with pytest.raises(ChunkTooLarge, match=r"9,437,184 bytes.*chunk\.open\(\)"):
        use(large)


def test_a_chunk_that_was_deleted_is_gone(store: Store) -> None:
    with pytest.raises(ChunkGone, match=f"s3://{BUCKET}/chunks/{JOB}/00000007"):
        store.read_chunk(JOB, 7)


def test_results_are_listed_and_read_in_the_order_of_their_chunks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two pages, and more than are read ahead.
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "100")
    for index in reversed(range(120)):
        store.write_result(JOB, index, Content(b"%d" % index))
    results = store.results(JOB)
    assert list(results.indexes) == list(range(120))
    assert [int(result) for result in store.read_results(results)] == list(range(120))
    assert [int(file.read()) for file in store.open_results(results)] == list(range(120))


def test_results_beyond_the_number_of_chunks_are_not_the_jobs(store: Store) -> None:
    for index in range(5):
        store.write_result(JOB, index, Content(b""))
    assert list(store.results(JOB).below(3).indexes) == [0, 1, 2]
    assert list(store.results(JOB).below(9).indexes) == [0, 1, 2, 3, 4]


def test_a_foreign_object_among_the_results_is_not_one(store: Store) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"results/{JOB}/readme.txt", Body=b"")
    assert list(store.results(JOB).indexes) == []


def test_a_result_may_have_a_media_type_and_come_in_pieces(store: Store) -> None:
    assert store.write_result(JOB, 0, Content((b"x" * MB for _ in range(9)), "text/plain")) == 9 * MB
    assert (there(layout.result(JOB, 0))["ContentType"], there(layout.result(JOB, 0))["ContentLength"]) == (
        "text/plain",
        9 * MB,
    )


def test_a_large_result_is_opened_as_a_file_that_can_be_sought(store: Store) -> None:
    store.write_result(JOB, 0, Content(NUMBERED))
    (file,) = store.open_results(store.results(JOB))
    file.seek(-MB - 5, 2)
    assert file.read(len(BORDER)) == BORDER
    file.seek(-8, 2)
    assert file.read() == b"       8"


def test_a_merged_result_can_be_bytes_a_file_or_come_in_pieces(store: Store) -> None:
    for body in (b"whole", io.BytesIO(b"whole"), [b"wh", b"", b"ole"]):
        store.write_merged(KEY, Content(body), {})
        assert there(KEY)["Body"].read() == b"whole"


def test_a_merged_result_says_what_it_is_and_of_what(store: Store) -> None:
    store.write_merged(KEY, Content([b"x" * 9 * MB], "text/csv"), {"document": "documents/a.txt"})
    assert (there(KEY)["ContentType"], there(KEY)["Metadata"]) == ("text/csv", {"document": "documents/a.txt"})


def test_a_large_merged_result_is_uploaded_in_parts(store: Store) -> None:
    piece = bytes(MB)
    store.write_merged(KEY, Content(piece for _ in range(20)), {})
    assert there(KEY)["ContentLength"] == 20 * len(piece)
    assert there(KEY)["ETag"].strip('"').endswith("-3")


@pytest.mark.parametrize("body", [b"text", [b"te", b"xt"], [b"x" * 20 * MB]])
def test_what_is_beside_a_merged_result_is_there_before_it_is(store: Store, body: Any, wire: Wire) -> None:
    index = Content(b"{}", "application/json")
    beside = store.write_merged(KEY, Merged(body, beside={"index.json": index, "log": b"x"}), {})
    assert beside == {"index.json": f"{KEY}.index.json", "log": f"{KEY}.log"}
    assert there(f"{KEY}.index.json")["ContentType"] == "application/json"
    urls = [sent.url.partition("?")[0] for sent in wire.sent if sent.operation in PUTS]
    assert [url.rpartition("/")[2] for url in urls] == [f"{JOB}.index.json", f"{JOB}.log", JOB]


PUTS = ("s3.PutObject", "s3.CompleteMultipartUpload")


def test_what_is_beside_may_be_known_only_when_the_body_has_come(store: Store) -> None:
    seen: list[bytes] = []

    def body() -> Iterator[bytes]:
        for piece in (b"one", b"two"):
            seen.append(piece)
            yield piece

    store.write_merged(KEY, Merged(body(), beside={"count": (b"%d" % len(seen) for _ in [0])}), {})
    assert there(f"{KEY}.count")["Body"].read() == b"2"


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "x" * 65, "größe"])
def test_a_name_that_no_key_can_end_in_is_refused(store: Store, name: str) -> None:
    with pytest.raises(WorkloadInvalid, match="1 to 64 characters"):
        store.write_merged(KEY, Merged(b"", beside={name: b""}), {})


def test_the_first_chunks_are_there_while_the_last_are_still_being_made(store: Store) -> None:
    seen_while_splitting = -1

    def contents() -> Iterator[Content]:
        nonlocal seen_while_splitting
        for _ in range(200):
            yield Content(b"chunk")
        seen_while_splitting = store.client.list_objects_v2(Bucket=BUCKET, Prefix=f"chunks/{JOB}/")["KeyCount"]
        yield Content(b"the last")

    list(store.write_chunks(JOB, contents(), ABOUT))
    assert seen_while_splitting > 100


KEY_ARN = "arn:aws:kms:eu-central-1:000000000000:key/1234"
BODIES = [b"x", [b"x", b"y"], [b"x" * 9 * MB]]
WRITES: dict[str, Callable[[Store, Any], object]] = {
    "write_chunks": write,
    "write_result": lambda store, body: store.write_result(JOB, 0, Content(body)),
    "write_first_result": lambda store, _: store.write_first_result(JOB, 0, Content(b"x")),
    "write_part": lambda store, body: store.write_part(JOB, 0, Content(body), {}),
    "write_merged": lambda store, body: store.write_merged(KEY, Merged(body, beside={"index.json": body}), {}),
    "write_failure": lambda store, _: store.write_failure(KEY, b"{}", {}),
}
CREATES = ("s3.PutObject", "s3.CreateMultipartUpload")


def keys_said(sent: Sent) -> tuple[bytes | None, bytes | None]:
    headers = ast.literal_eval(sent.headers)
    return headers.get("x-amz-server-side-encryption"), headers.get("x-amz-server-side-encryption-aws-kms-key-id")


def said_by(wire: Wire) -> dict[str, set[tuple[bytes | None, bytes | None]]]:
    """Return what requests said of encryption, by operation; S3 lets a part say none."""
    said: dict[str, set[tuple[bytes | None, bytes | None]]] = {}
    for sent in wire.sent:
        said.setdefault(sent.operation, set()).add(keys_said(sent))
    return said


def test_every_method_that_writes_is_tried() -> None:
    assert {name for name in vars(Store) if name.startswith("write_")} == set(WRITES)


@pytest.mark.parametrize("body", BODIES, ids=["whole", "pieces", "parts"])
@pytest.mark.parametrize("method", WRITES)
def test_every_object_names_the_key_where_one_is_known(
    store: Store, wire: Wire, monkeypatch: pytest.MonkeyPatch, method: str, body: Any
) -> None:
    set_variables(monkeypatch, BUCKET_KEY_ARN=KEY_ARN)
    WRITES[method](bucket.connect(), body)
    said = said_by(wire)
    created = {operation: said.pop(operation) for operation in CREATES if operation in said}
    assert created
    assert all(named == {(b"aws:kms", KEY_ARN.encode())} for named in created.values())
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
    assert all(named == {(None, None)} for named in said.values())


@pytest.mark.parametrize("body", BODIES, ids=["whole", "pieces", "parts"])
@pytest.mark.parametrize("method", WRITES)
def test_the_buckets_own_encryption_applies_where_no_key_is_known(
    store: Store, wire: Wire, method: str, body: Any
) -> None:
    WRITES[method](store, body)
    assert {named for said in said_by(wire).values() for named in said} == {(None, None)}


@pytest.mark.parametrize("key_arn", ["", KEY_ARN])
def test_a_copy_names_the_key_where_one_is_known(
    store: Store, wire: Wire, monkeypatch: pytest.MonkeyPatch, key_arn: str
) -> None:
    set_variables(monkeypatch, BUCKET_KEY_ARN=key_arn)
    etag = store.client.put_object(Bucket=BUCKET, Key="theirs", Body=b"x")["ETag"]
    bucket.connect().copy_result(JOB, 0, {"Bucket": BUCKET, "Key": "theirs"}, etag)
    named = (b"aws:kms", key_arn.encode()) if key_arn else (None, None)
    assert said_by(wire)["s3.CopyObject"] == {named}
    assert there(layout.result(JOB, 0))["Body"].read() == b"x"


def test_a_first_result_is_not_replaced(store: Store) -> None:
    assert [store.write_first_result(JOB, 0, Content(body)) for body in (b"first", b"the second")] == [5, 10]
    assert there(layout.result(JOB, 0))["Body"].read() == b"first"


def test_a_large_object_is_tried_in_parts(store: Store, wire: Wire) -> None:
    WRITES["write_result"](store, BODIES[2])
    assert set(said_by(wire)) == {"s3.CreateMultipartUpload", "s3.UploadPart", "s3.CompleteMultipartUpload"}
