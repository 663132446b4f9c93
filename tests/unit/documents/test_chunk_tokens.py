"""Chunk tokens: each says which slot of which round it is for, and nobody else can make one."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import ChunkTokenInvalid
from sfn_callback.fanin.items import MAX_SLOTS
from testing.aws import make_table
from tests.conftest import examples

JOB = "20260131T235959Z-0123456789ab"
fanins = st.just(JOB) | st.builds(
    lambda round_, bits: f"{JOB}.{round_}-{bits:08x}", st.integers(1, 65_535), st.integers(0, 2**32 - 1)
)
slots = st.integers(0, MAX_SLOTS - 1)
tasks = st.builds(lambda fanin, index, slot: ChunkTask(JOB, index, fanin, slot), fanins, slots, slots)


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    with mock_aws():
        make_table()
        yield


@examples(each=4)
@given(tasks)
def test_a_token_is_read_as_it_was_made_and_is_64_letters_and_digits(task: ChunkTask) -> None:
    token = chunk_tokens.make(task)
    assert chunk_tokens.read(token).task == task
    assert len(token) == 64 and token.isascii() and token.isalnum() and token == token.lower()


@examples(each=4)
@given(tasks, st.integers(0, 63), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_that_is_altered_in_any_place_is_refused(task: ChunkTask, place: int, letter: str) -> None:
    token = chunk_tokens.make(task)
    altered = f"{token[:place]}{letter}{token[place + 1 :]}"
    if altered != token:
        with pytest.raises(ChunkTokenInvalid) as refused:
            chunk_tokens.read(altered)
        assert altered not in str(refused.value)


@examples()
@given(
    st.text()
    | st.binary()
    | st.integers()
    | st.none()
    | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=64, max_size=64)
)
def test_what_nobody_made_is_refused(token: object) -> None:
    with pytest.raises(ChunkTokenInvalid, match="Not a chunk token of this deployment"):
        chunk_tokens.read(token)


def test_a_token_of_months_after_the_split_says_the_longest_that_it_can() -> None:
    old = ChunkTask("20200101T000000Z-0123456789ab", 0, "20200101T000000Z-0123456789ab", 0)
    handed = chunk_tokens.read(chunk_tokens.make(old))
    assert (handed.task, int(handed.at)) == (old, 1_577_836_800 + 2**24 - 1)
