import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback.aws import clients, ranges
from sfn_callback.aws import s3 as objects
from sfn_callback.documents.source import open_document
from sfn_callback.errors import DocumentChanged, DocumentForbidden, DocumentNotFound, InputInvalid
from testing.environment import BUCKET
from testing.memory_objects import MemoryObjects
from testing.wire import Wire, answered
from tests.conftest import examples

KEY = "documents/a b+c/größe.txt"


def put(s3: Any, body: bytes, **metadata: str) -> str:
    put = s3.put_object(Bucket=BUCKET, Key=KEY, Body=body, ContentType="text/plain", Metadata=metadata)
    version: str = put["VersionId"]
    return version


def test_a_document_is_a_file_that_knows_where_it_is_from(s3: Any) -> None:
    version = put(s3, b"one\ntwo\n")
    opened = open_document(s3, BUCKET, KEY)
    assert (opened.bucket, opened.key, opened.version) == (BUCKET, KEY, version)
    assert (opened.size, opened.content_type) == (8, "text/plain")
    assert list(opened) == [b"one\n", b"two\n"]


def test_a_documents_own_metadata_are_its_options_and_an_executions_options_go_before(s3: Any) -> None:
    put(s3, b"", language="de", title="=?UTF-8?B?Z3LDtsOfZQ==?=")
    assert open_document(s3, BUCKET, KEY).options == {"language": "de", "title": "größe"}
    asked = {"language": "fr", "pages": [1, 2]}
    assert open_document(s3, BUCKET, KEY, options=asked).options == {**asked, "title": "größe"}


def test_an_empty_document_is_read_without_asking_for_a_range(s3: Any) -> None:
    put(s3, b"")
    assert open_document(s3, BUCKET, KEY).read() == b""


def test_a_document_is_read_in_ranges_whatever_the_size_of_the_reads(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE_BYTES", 1000)
    body = bytes(range(256)) * 20
    put(s3, body)
    asked: list[str] = []

    def get(client: Any, check: Any, **where: Any) -> Any:
        asked.append(where["Range"])
        return whole(client, check, **where)

    whole = objects.get
    monkeypatch.setattr(objects, "get", get)
    opened = open_document(s3, BUCKET, KEY)
    assert b"".join(iter(lambda: opened.read1(7), b"")) == body
    assert asked == [f"bytes={first}-{min(first + 999, 5119)}" for first in range(0, 5120, 1000)]


def test_one_range_is_in_memory_at_a_time(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bytes] = []
    ended_before: list[int] = []

    class Range(bytes):
        def __del__(self) -> None:
            ended.append(b"")

    def get(client: Any, check: Any, **where: Any) -> Any:
        ended_before.append(len(ended))
        body, answer = whole(client, check, **where)
        return Range(body), answer

    monkeypatch.setattr(ranges, "RANGE_BYTES", 1000)
    put(s3, b"x" * 3000)
    whole = objects.get
    monkeypatch.setattr(objects, "get", get)
    opened = open_document(s3, BUCKET, KEY)
    while opened.read1(100):
        pass
    assert ended_before == [0, 1, 2]


def test_a_missing_document_is_named(s3: Any) -> None:
    with pytest.raises(DocumentNotFound, match=f"s3://{BUCKET}/documents/none.txt: There is no such document"):
        open_document(s3, BUCKET, "documents/none.txt")


def test_a_missing_bucket_is_named(s3: Any) -> None:
    with pytest.raises(DocumentNotFound, match="s3://other-bucket/"):
        open_document(s3, "other-bucket", KEY)


@pytest.fixture
def refusing(wire: Wire, no_pauses: list[float]) -> Callable[..., Any]:
    """Return a client whose HEAD is refused without a body, and whose GET says why, as S3's do."""

    def make(status: int, code: str, message: str) -> Any:
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        wire.answer = lambda operation, _: answered(status, b"" if operation == "s3.HeadObject" else body)
        return clients.s3()

    return make


DENIED = "User: arn:aws:sts::1:assumed-role/split is not authorized to perform: kms:Decrypt on the resource"


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "said"),
    [
        (
            403,
            "AccessDenied",
            "Access Denied",
            DocumentForbidden,
            "does not exist, or .* documents belong under documents/",
        ),
        (403, "AccessDenied", "Access Denied", DocumentForbidden, "AWS says: Access Denied"),
        (403, "AccessDenied", DENIED, DocumentForbidden, "It exists, but .* AWS says: User: .* kms:Decrypt"),
        (
            400,
            "KMS.DisabledException",
            "K is disabled.",
            DocumentForbidden,
            "It exists, but .* AWS says: K is disabled",
        ),
        (400, "KMS.KMSInvalidStateException", "pending deletion", DocumentForbidden, "AWS says: pending deletion"),
        (400, "KMS.NotFoundException", "no key", DocumentForbidden, "AWS says: no key"),
        (
            405,
            "MethodNotAllowed",
            "Not allowed.",
            InputInvalid,
            "This version is a delete marker",
        ),
        (400, "InvalidArgument", "Invalid version id specified", InputInvalid, "not a valid version id"),
        (400, "KeyTooLongError", "Your key is too long", InputInvalid, "longer than S3's limit of 1,024 bytes"),
        (400, "ExpiredToken", "The provided token has expired.", ClientError, "ExpiredToken"),
    ],
)
def test_a_document_that_cannot_be_opened_says_why(
    refusing: Any, status: int, code: str, message: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        open_document(refusing(status, code, message), BUCKET, KEY, "v1")
    assert type(caught.value) is kind
    assert "There is no such" not in str(caught.value)


def test_what_exists_is_never_said_to_be_missing_while_it_is_read(refusing: Any, wire: Wire) -> None:
    client = refusing(403, "AccessDenied", "Access Denied")
    denied, described = wire.answer, {"content-length": "9", "etag": '"e"'}
    wire.answer = lambda operation, request: (
        answered(200, b"", **described) if operation == "s3.HeadObject" else denied(operation, request)
    )
    opened = open_document(client, BUCKET, KEY)
    with pytest.raises(
        DocumentForbidden, match=r"It exists, but cannot be read or decrypted\. AWS says: Access Denied"
    ):
        opened.read()


def test_a_delete_marker_is_no_document(s3: Any) -> None:
    put(s3, b"gone")
    marker = s3.delete_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    with pytest.raises(InputInvalid, match="is a delete marker"):
        open_document(s3, BUCKET, KEY, marker)
    with pytest.raises(DocumentNotFound):
        open_document(s3, BUCKET, KEY)


def test_a_version_is_read_to_its_end_even_when_it_is_overwritten(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE_BYTES", 4)
    version = put(s3, b"first version")
    opened = open_document(s3, BUCKET, KEY, version)
    put(s3, b"other version")
    assert opened.read() == b"first version"


@dataclass(frozen=True)
class Part:
    start: int
    end: int
    etag: str


class Noting(MemoryObjects):
    """A bucket that holds one document, and notes what is asked of it."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.hold(body)

    def hold(self, body: bytes) -> None:
        self.bodies[KEY] = body
        self.etag: str = super().head_object(Bucket=BUCKET, Key=KEY)["ETag"]

    def head_object(self, **where: Any) -> dict[str, Any]:
        self.asked.append("head")
        return super().head_object(**where)

    def get_object(self, **where: Any) -> dict[str, Any]:
        self.asked.append(where["Range"])
        return super().get_object(**where)

    def open(self, start: int, end: int, range_bytes: int | None = None) -> Any:
        client: Any = self
        return open_document(client, BUCKET, KEY, part=Part(start, end, self.etag), range_bytes=range_bytes)


LETTERS = bytes(range(97, 123))


def test_a_part_is_a_file_of_its_length_that_knows_where_it_begins() -> None:
    document = Noting(LETTERS).open(3, 8)
    assert (document.start, document.size) == (3, 5)
    assert document.seek(0, os.SEEK_END) == 5
    assert document.seek(-2, os.SEEK_END) == 3
    assert document.read() == b"gh"
    assert document.seek(0) == 0
    assert document.read() == b"defgh"
    with pytest.raises(OSError, match="Invalid argument"):
        document.seek(-1)


def test_a_whole_document_begins_at_its_first_byte(s3: Any) -> None:
    put(s3, b"one")
    assert open_document(s3, BUCKET, KEY).start == 0


def test_a_part_costs_the_requests_of_a_document_of_its_length_and_nothing_beyond_it_is_read() -> None:
    store = Noting(LETTERS)
    assert store.open(3, 8, 4).read() == b"defgh"
    assert store.asked == ["head", "bytes=3-6", "bytes=7-7"]


@pytest.fixture(scope="module")
def store() -> Noting:
    return Noting(b"")


@examples()
@given(
    st.binary(min_size=1, max_size=40).flatmap(
        lambda body: st.tuples(st.just(body), st.integers(0, len(body) - 1), st.integers(1, len(body)))
    ),
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 50), st.integers(-1, 20)), max_size=10),
)
def test_reads_anywhere_in_a_part_give_what_a_file_of_these_bytes_gives(
    store: Noting, document: tuple[bytes, int, int], range_bytes: int, reads: list[tuple[int, int]]
) -> None:
    body, start, length = document
    end = min(start + length, len(body))
    store.hold(body)
    ours, real = store.open(start, end, range_bytes), io.BytesIO(body[start:end])
    for offset, many in reads:
        assert (ours.seek(offset), ours.read(many)) == (real.seek(offset), real.read(many))
    ours.seek(0)
    assert list(ours) == list(io.BytesIO(body[start:end]))


def test_a_part_of_a_document_that_has_changed_since_it_was_cut_is_refused_before_it_is_read() -> None:
    store = Noting(LETTERS)
    store.bodies[KEY] = LETTERS[::-1]
    with pytest.raises(DocumentChanged, match=r"größe\.txt: It was overwritten after .* start again"):
        store.open(3, 8)
    assert store.asked == ["head"]


def test_a_part_of_a_version_is_read_when_the_document_is_overwritten(s3: Any) -> None:
    version = put(s3, b"first version")
    etag = s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"]
    put(s3, b"other version")
    assert open_document(s3, BUCKET, KEY, version, part=Part(6, 13, etag)).read() == b"version"
    with pytest.raises(DocumentChanged):
        open_document(s3, BUCKET, KEY, part=Part(6, 13, etag))


@pytest.mark.parametrize(("start", "end"), [(20, 27), (26, 30), (-1, 5), (5, 5), (8, 3)])
def test_a_part_that_is_not_within_the_document_is_refused(start: int, end: int) -> None:
    with pytest.raises(InputInvalid, match=rf"größe\.txt: .* from byte {start} to {end} .* has 26 bytes"):
        Noting(LETTERS).open(start, end)
