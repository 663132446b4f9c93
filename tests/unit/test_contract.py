import io
from typing import Any

import pytest

import sfn_callback
from sfn_callback import contract
from sfn_callback.contract import Content, NewChunk
from sfn_callback.errors import WorkloadInvalid


@pytest.mark.parametrize("value", ["text", None, 7, Content("text"), Content(None)])  # type: ignore[arg-type]
def test_what_cannot_be_stored_is_refused_and_its_function_named(value: Any) -> None:
    with pytest.raises(WorkloadInvalid, match=r"process\(\) returned a (str|NoneType|int); it must return bytes,"):
        contract.content("process", value)


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), memoryview(b"x")])
def test_bytes_of_any_kind_are_bytes(value: Any) -> None:
    assert contract.content("process", value) == Content(b"x")
    assert contract.content("split", NewChunk(value, name="x")) == NewChunk(b"x", name="x")


def test_pieces_are_those_of_a_file_or_of_an_iterable() -> None:
    assert b"".join(contract.pieces("merge", io.BytesIO(b"x" * 3_000_000))) == b"x" * 3_000_000
    assert list(contract.pieces("merge", [b"a", bytearray(b"b")])) == [b"a", b"b"]  # type: ignore[list-item]


@pytest.mark.parametrize("name", sfn_callback.__all__)
def test_what_a_workload_needs_is_found_at_the_top(name: str) -> None:
    assert getattr(sfn_callback, name)


def test_what_is_not_there_is_missing_as_usual() -> None:
    with pytest.raises(AttributeError, match="'sfn_callback' has no attribute 'nothing'"):
        _ = sfn_callback.nothing
