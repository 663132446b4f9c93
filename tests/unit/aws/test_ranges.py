"""A file over ranges behaves as a local one does, asks for each range once, and takes nothing else for it."""

import io
import os
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback.aws import ranges
from sfn_callback.documents.source import open_document
from sfn_callback.errors import DocumentChanged, RangeNotHonoured
from testing.environment import BUCKET
from testing.task_tokens import refusal
from tests.conftest import examples

KEY = "documents/d.bin"
SIZE = 10
BODY = bytes(range(95))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE_BYTES", SIZE)


class Piece(bytearray):
    """Bytes of which it is seen when nobody has them any more."""


class Store:
    """What is fetched, by the number of the range."""

    def __init__(self, body: bytes = BODY) -> None:
        self.body = body
        self.fetched: list[int] = []
        self._ranges: list[weakref.ref[Any]] = []

    @property
    def in_memory(self) -> int:
        """How many ranges somebody still has."""
        return sum(one() is not None for one in self._ranges)

    def fetch(self, first: int, last: int) -> bytes:
        assert first % SIZE == 0
        assert last == min(first + SIZE, len(self.body)) - 1
        self.fetched.append(first // SIZE)
        piece: Any = Piece(self.body[first : last + 1])
        self._ranges.append(weakref.ref(piece))
        return piece  # type: ignore[no-any-return]

    def open(self) -> io.BufferedReader:
        return io.BufferedReader(self.raw(), buffer_size=1)

    def raw(self) -> ranges.Ranges:
        return ranges.Ranges(len(self.body), self.fetch)

    def touched(self, *numbers: int) -> list[int]:
        """Read a byte of each range, in this order; return what was fetched."""
        file = self.raw()
        for number in numbers:
            file.seek(number * SIZE + 3)
            assert file.read(1) == self.body[number * SIZE + 3 :][:1]
        return self.fetched


def test_beyond_the_end_there_is_nothing_to_read_and_nothing_to_ask_for() -> None:
    store = Store()
    file = store.open()
    assert file.seek(1_000) == file.tell() == 1_000
    assert file.read() == file.read(1) == file.readline() == b""
    assert store.fetched == []


def test_the_end_is_found_without_asking() -> None:
    store = Store()
    file = store.open()
    assert file.seek(0, os.SEEK_END) == 95
    assert file.seek(-2, os.SEEK_CUR) == 93
    assert store.fetched == []
    assert file.read() == BODY[-2:]


@pytest.mark.parametrize(("offset", "whence"), [(-1, os.SEEK_SET), (-1, os.SEEK_CUR), (-96, os.SEEK_END)])
def test_before_the_beginning_is_an_error_as_of_a_local_file(offset: int, whence: int) -> None:
    file = Store().open()
    with pytest.raises(OSError, match="Invalid argument"):
        file.seek(offset, whence)
    assert file.tell() == 0
    assert file.read(2) == BODY[:2]


def test_a_fourth_whence_is_refused() -> None:
    with pytest.raises(ValueError, match="whence"):
        Store().raw().seek(0, 3)


def test_an_empty_document_can_be_sought() -> None:
    store = Store(b"")
    file = store.open()
    assert (file.seek(0, os.SEEK_END), file.seek(5), file.seek(0)) == (0, 5, 0)
    assert file.read() == b""
    assert store.fetched == []


def test_one_byte_at_a_time_is_one_request_for_each_range() -> None:
    store = Store()
    raw = store.raw()
    assert b"".join(iter(lambda: raw.read(1) or b"", b"")) == BODY
    assert store.fetched == list(range(10))


def test_two_threads_that_read_one_document_get_each_byte_once() -> None:
    class Slow(Store):
        def fetch(self, first: int, last: int) -> bytes:
            # The other thread is let on.
            time.sleep(0.0005)
            return super().fetch(first, last)

    store = Slow(bytes(range(256)) * 8)
    file = store.open()
    read: list[bytes] = []

    def take() -> None:
        while piece := file.read(3):
            read.append(piece)

    with ThreadPoolExecutor(2) as pool:
        for thread in [pool.submit(take) for _ in range(2)]:
            thread.result()
    assert sorted(b"".join(read)) == sorted(store.body)
    assert sorted(store.fetched) == list(range(205))


def test_whoever_opens_a_file_says_how_large_its_ranges_are() -> None:
    asked: list[tuple[int, int]] = []

    def fetch(first: int, last: int) -> bytes:
        asked.append((first, last))
        return BODY[first : last + 1]

    file = io.BufferedReader(ranges.Ranges(len(BODY), fetch, 40))
    assert file.read() == BODY
    assert asked == [(0, 39), (40, 79), (80, 94)]


def test_who_reads_from_front_to_back_has_one_range_and_asks_for_each_once() -> None:
    store = Store()
    raw = store.raw()
    while raw.read(4):
        assert store.in_memory == 1
    assert store.fetched == list(range(10))


def test_who_has_read_on_has_no_range_before_when_it_jumps_back() -> None:
    store = Store()
    raw = store.raw()
    assert b"".join(raw.read(SIZE) or b"" for _ in range(3)) == BODY[: 3 * SIZE]
    raw.seek(SIZE)
    raw.read(1)
    assert store.fetched == [0, 1, 2, 1]


def test_who_skips_to_the_next_range_may_come_back() -> None:
    # As readers do that look at the begin of a short document, and then at its end.
    store = Store()
    raw = store.raw()
    raw.read(3)
    raw.seek(SIZE + 5)
    raw.read(3)
    raw.seek(3)
    assert raw.read(3) == BODY[3:6]
    assert store.fetched == [0, 1]


def test_who_asks_for_the_size_first_has_one_range_all_the_same() -> None:
    store = Store()
    raw = store.raw()
    raw.seek(0, os.SEEK_END)
    raw.seek(0)
    while raw.read(4):
        assert store.in_memory == 1


def test_who_jumps_keeps_the_four_ranges_used_last() -> None:
    assert Store().touched(9, 1, 5, 3, 9, 1, 5, 3) == [9, 1, 5, 3]
    assert ranges.KEPT == 4


def test_what_was_used_longest_ago_is_dropped() -> None:
    # When 7 comes, 1 is it: 9 was fetched before, but used again.
    assert Store().touched(9, 1, 5, 3, 9, 7, 9, 1) == [9, 1, 5, 3, 7, 1]


def test_no_more_than_four_ranges_are_in_memory_when_one_is_fetched() -> None:
    kept: list[int] = []

    class Noting(Store):
        def fetch(self, first: int, last: int) -> bytes:
            kept.append(self.in_memory)
            return super().fetch(first, last)

    raw = Noting().raw()
    for number in (9, 1, 5, 3, 7, 0, 2):
        raw.seek(number * SIZE)
        raw.read(1)
    assert kept == [0, 1, 2, 3, 3, 3, 3]


STEPS = st.one_of(
    st.tuples(st.just("seek"), st.integers(-12, 60), st.sampled_from([0, 1, 2])),
    st.tuples(st.sampled_from(["read", "read1", "readline"]), st.integers(-1, 25)),
    st.tuples(st.just("tell")),
)


@examples()
@given(st.binary(max_size=50), st.integers(1, 9), st.integers(1, 16), st.lists(STEPS, max_size=20))
def test_any_sequence_of_calls_gives_what_a_file_in_memory_gives(
    body: bytes, size: int, buffered: int, steps: list[tuple[Any, ...]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "RANGE_BYTES", size)
        raw = ranges.Ranges(len(body), lambda first, last: body[first : last + 1])
        ours, real = io.BufferedReader(raw, buffered), io.BytesIO(body)
        for step in steps:
            _same(ours, real, *step)
        ours.seek(0)
        assert ours.read() == body


def _same(ours: BinaryIO, real: io.BytesIO, call: str, *arguments: int) -> None:
    if call == "seek" and arguments[0] + {0: 0, 1: real.tell(), 2: len(real.getvalue())}[arguments[1]] < 0:
        # BytesIO stops at 0, where a local file is an error.
        with pytest.raises(OSError, match="Invalid argument"):
            ours.seek(*arguments)
    elif call == "read1":
        # It may give less than it is asked for, but for nothing at the end only.
        piece: bytes = getattr(ours, call)(*arguments)
        assert piece == real.read(len(piece))
        assert piece or arguments[0] == 0 or not real.read(1)
    else:
        assert getattr(ours, call)(*arguments) == getattr(real, call)(*arguments)
    assert ours.tell() == real.tell()


def put(s3: Any, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)


def test_a_document_that_changes_while_it_is_read_by_seeks_is_not_mixed_up(s3: Any) -> None:
    put(s3, BODY)
    document = open_document(s3, BUCKET, KEY)
    document.seek(50)
    assert document.read(1) == BODY[50:51]
    put(s3, BODY[::-1])
    document.seek(0)
    with pytest.raises(DocumentChanged, match=f"s3://{BUCKET}/{KEY}: It was overwritten"):
        document.read(1)


class Answering:
    """An S3 client that answers as it is told; ``answer`` is given what was asked for."""

    def __init__(self, **told: Any) -> None:
        self.told, self.body = told, b""
        self.asked: list[dict[str, Any]] = []
        self.read_at_all = self.closed = False

    def head_object(self, **_: Any) -> Any:
        return {"ContentLength": len(BODY), "ETag": '"1"'}

    def get_object(self, **where: Any) -> Any:
        self.asked.append(where)
        first, last = map(int, where["Range"].removeprefix("bytes=").split("-"))
        right = {"ETag": '"1"', "ContentRange": f"bytes {first}-{last}/95", "body": BODY[first : last + 1]}
        answer = {**right, **self.told}
        self.body = answer.pop("body")
        return {**{name: value for name, value in answer.items() if value is not None}, "Body": self}

    def read(self) -> bytes:
        self.read_at_all = True
        return self.body

    def close(self) -> None:
        self.closed = True


def read_at(client: Any, offset: int) -> bytes:
    document = open_document(client, BUCKET, KEY)
    document.seek(offset)
    return document.read(5)


def test_a_range_is_asked_for_of_one_state_of_the_object() -> None:
    client = Answering()
    assert read_at(client, 42) == BODY[42:47]
    assert client.asked == [{"Bucket": BUCKET, "Key": KEY, "IfMatch": '"1"', "Range": "bytes=40-49"}]
    assert not client.closed


@pytest.mark.parametrize(
    ("told", "error", "said"),
    [
        ({"ContentRange": None, "body": BODY}, RangeNotHonoured, "sent 'the whole object'"),
        ({"ContentRange": "bytes 0-9/95"}, RangeNotHonoured, "asked for 'bytes 40-49/95' and sent 'bytes 0-9/95'"),
        ({"ContentRange": "bytes 40-49/96"}, RangeNotHonoured, "sent 'bytes 40-49/96'"),
        ({"ETag": '"2"'}, DocumentChanged, "start again"),
        ({"ETag": None}, DocumentChanged, "start again"),
    ],
)
def test_what_was_not_asked_for_is_refused_and_its_body_not_read(
    told: dict[str, Any], error: type[Exception], said: str
) -> None:
    client = Answering(**told)
    with pytest.raises(error, match=said):
        read_at(client, 42)
    assert client.closed
    assert not client.read_at_all
    assert len(client.asked) == 1


@pytest.mark.parametrize("body", [BODY[40:49], BODY[40:51], b""])
def test_a_body_of_another_length_is_refused(body: bytes) -> None:
    with pytest.raises(RangeNotHonoured, match=f"sent {len(body)} bytes of 10"):
        read_at(Answering(body=body), 42)


@pytest.mark.parametrize("code", ["412", "PreconditionFailed", "InvalidRange"])
def test_an_object_that_s3_says_has_changed_is_named(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> Any:
        raise refusal("GetObject", code)

    client = Answering()
    monkeypatch.setattr(client, "get_object", refuse)
    with pytest.raises(DocumentChanged, match=f"s3://{BUCKET}/{KEY}: It was overwritten"):
        read_at(client, 42)
