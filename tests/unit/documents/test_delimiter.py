"""Parts end behind delimiters, where a split of the whole document would end a record, whatever is read at once."""

import io
import os
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import by_delimiter
from sfn_callback.aws import ranges
from sfn_callback.documents import delimiter as delimiters
from sfn_callback.documents.parts import check_parts
from sfn_callback.documents.source import Document, open_document
from sfn_callback.errors import WorkloadInvalid
from testing.environment import BUCKET
from testing.memory_objects import MemoryObjects
from tests.conftest import examples

KEY = "documents/d.txt"


def opened(body: bytes, range_bytes: int = 7, buffer_bytes: int = 5) -> Document:
    raw = ranges.Ranges(len(body), lambda first, last: body[first : last + 1], range_bytes)
    document = Document(raw, buffer_bytes)
    document.start, document.size = 0, len(body)
    return document


def cut(body: bytes, delimiter: bytes, part_bytes: int, **read_by: int) -> list[bytes]:
    """Return the parts' bytes; they are checked to cover the document."""
    parts = check_parts(by_delimiter(delimiter, part_bytes)(opened(body, **read_by)), len(body))
    return [body[start:end] for start, end in parts]


def records(body: bytes, delimiter: bytes) -> list[bytes]:
    """Return the records of a document, each with the delimiter behind it."""
    *ended, rest = body.split(delimiter)
    return [one + delimiter for one in ended] + ([rest] if rest else [])


def expected(body: bytes, delimiter: bytes, part_bytes: int) -> list[bytes]:
    """Return the parts by the rule, from all the document at once."""
    found = [at for at in range(len(body)) if body.startswith(delimiter, at)]
    fit = [at for at in found if not any(at - len(delimiter) < other < at for other in found)]
    parts, start = [], 0
    while start < len(body):
        end = next((at + len(delimiter) for at in fit if at >= start + part_bytes), len(body))
        parts.append(body[start:end])
        start = end
    return parts


DELIMITERS = [b"\n", b"\r\n", b"\n\n", b"\r\n\r\n", b"aba", b"aaa", "—".encode(), b"a\nb\na"]
DOCUMENTS = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r", "—".encode(), *DELIMITERS]), max_size=40).map(b"".join)


@examples()
@given(
    DOCUMENTS, st.sampled_from(DELIMITERS), st.integers(1, 30), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)
)
def test_the_parts_records_are_the_documents_whatever_is_read_at_once(
    body: bytes, delimiter: bytes, part_bytes: int, read: int, range_bytes: int, buffer_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimiters, "READ_BYTES", read)
        parts = cut(body, delimiter, part_bytes, range_bytes=range_bytes, buffer_bytes=buffer_bytes)
    assert [one for part in parts for one in records(part, delimiter)] == records(body, delimiter)
    assert parts == expected(body, delimiter, part_bytes)


@pytest.mark.parametrize(
    ("body", "delimiter", "part_bytes", "parts"),
    [
        (b"", b"\n", 1, []),
        (b"no delimiter", b"\n", 1, [b"no delimiter"]),
        (b"at the end\n", b"\n", 1, [b"at the end\n"]),
        (b"at the end\n", b"\n", 10, [b"at the end\n"]),
        (b"at the end\n", b"\n", 11, [b"at the end\n"]),
        (b"at the end\n", b"\n", 1_000, [b"at the end\n"]),
        (b"a\nb\nc\nd", b"\n", 2, [b"a\nb\n", b"c\nd"]),
        (b"longer than a part\nb\n", b"\n", 1, [b"longer than a part\n", b"b\n"]),
        (b"a\r\nb\nc\r\n", b"\r\n", 1, [b"a\r\n", b"b\nc\r\n"]),
        (b"a\n\n\nb\n\n\nc", b"\n\n", 1, [b"a\n\n", b"\nb\n\n", b"\nc"]),
        (b"a\n\n\n\nb\n\nc", b"\n\n", 2, [b"a\n\n\n\nb\n\n", b"c"]),
        (b"longer", b"longer than the document", 1, [b"longer"]),
    ],
)
def test_a_part_ends_behind_the_first_delimiter_that_begins_a_parts_length_on(
    body: bytes, delimiter: bytes, part_bytes: int, parts: list[bytes]
) -> None:
    assert cut(body, delimiter, part_bytes) == parts


def test_a_document_is_cut_from_its_beginning_wherever_it_was_read_to() -> None:
    document = opened(b"a\nb\nc")
    document.seek(0, os.SEEK_END)
    parts = by_delimiter(b"\n", 1)(document)
    first = next(parts)
    document.seek(3)
    assert [first, *parts] == [(0, 2), (2, 4), (4, 5)]


class Noting(MemoryObjects):
    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.bodies[KEY] = body
        self.asked: list[int] = []

    def get_object(self, **where: Any) -> dict[str, Any]:
        answer = super().get_object(**where)
        self.asked.append(answer["ContentLength"])
        return answer


def test_a_cut_costs_about_one_small_request_and_the_end_none() -> None:
    store: Any = Noting((b"x" * 99 + b"\n") * 10_000)
    document = open_document(store, BUCKET, KEY, range_bytes=4_096)
    parts = list(by_delimiter(b"\n", 20_000)(document))
    cuts = len(parts) - 1
    assert cuts == 49
    # One more where a record lies across the ranges' edge: here that is one in forty.
    assert cuts <= len(store.asked) <= cuts + 3
    assert max(store.asked) == 4_096


@pytest.mark.parametrize(("delimiter", "part_bytes"), [(b"\n", 6), (b"\r\n", 5), (b"\r\n", 7)])
def test_where_no_delimiter_can_follow_nothing_is_read(delimiter: bytes, part_bytes: int) -> None:
    store: Any = Noting(b"a\nb\nc\n")
    assert list(by_delimiter(delimiter, part_bytes)(open_document(store, BUCKET, KEY))) == [(0, 6)]
    assert store.asked == []


class Zeros(io.RawIOBase):
    """A file of 64 MB that nobody has in memory."""

    size = 64_000_000
    at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset
        return offset

    def readinto(self, buffer: Any, /) -> int:
        many = min(len(buffer), self.size - self.at)
        buffer[:many] = bytes(many)
        self.at += many
        return many


@pytest.mark.parametrize("delimiter", [b"\n", b"\0" * 7 + b"\n"])
def test_a_record_of_any_length_takes_no_more_memory(delimiter: bytes) -> None:
    document = Document(Zeros())
    document.size = Zeros.size
    tracemalloc.start()
    try:
        assert list(by_delimiter(delimiter, 1)(document)) == [(0, Zeros.size)]
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("delimiter", [b"", "\n", None, 10, bytearray(b"\n")])
def test_what_is_no_delimiter_is_refused_at_once(delimiter: Any) -> None:
    with pytest.raises(WorkloadInvalid, match=r'by_delimiter\(\) needs .* such as b"\\n", not '):
        by_delimiter(delimiter, 1)


@pytest.mark.parametrize("part_bytes", [0, -1, 1.5, "64", None, True])
def test_what_is_no_length_of_a_part_is_refused_at_once(part_bytes: Any) -> None:
    with pytest.raises(WorkloadInvalid, match=r"by_delimiter\(\) needs .* whole number of bytes, 1 or more, not "):
        by_delimiter(b"\n", part_bytes)


def test_parts_come_as_they_are_asked_for() -> None:
    parts: Iterator[tuple[int, int]] = by_delimiter(b"\n", 1)(opened(b"a\nb\n"))
    assert next(parts) == (0, 2)
