"""What a workload is given goes to other processes and back: it may use the other cores."""

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from sfn_callback.contract import About, Chunk, Content, Merged, NewChunk, Source
from sfn_callback.tasks.messages import TaskInput

ABOUT = About(Source("docs", "documents/a", "v1"), {"language": "de"}, "page 1", {"page": 1}, "text/plain")
GIVEN: list[Any] = [
    Chunk(b"one two", "20260131T235959Z-0123456789ab", 7, ABOUT),
    TaskInput({"pages": [1, 2]}, "arn:execution"),
    NewChunk(b"one", "text/plain", "page 1", {"page": 1}),
    Merged(b"all", "text/plain", {"index": Content(b"1")}),
    ABOUT,
]
WAYS: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    *(lambda given, protocol=protocol: pickle.loads(pickle.dumps(given, protocol)) for protocol in range(6)),
]


@pytest.mark.parametrize("again", WAYS)
@pytest.mark.parametrize("given", GIVEN)
def test_what_work_is_given_and_gives_survives_being_pickled_and_copied(
    given: Any, again: Callable[[Any], Any]
) -> None:
    found = again(given)
    assert (type(found), found) == (type(given), given)
    if isinstance(given, Chunk | TaskInput):
        assert vars(found) == vars(given)


def facts(chunk: Chunk) -> tuple[bytes, int, str]:
    return bytes(chunk).upper(), chunk.number, chunk.name


def test_a_chunk_goes_to_another_process() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(facts, [GIVEN[0]])) == [(b"ONE TWO", 7, "page 1")]
