"""Documents of any name: dropped, split, merged, fetched by their name, and gone when the stack is destroyed."""

import json
from collections.abc import Iterator

import pytest

from sfn_callback import layout
from sfn_callback.documents import metadata
from tests.e2e.conftest import Instance, Stack
from tests.e2e.support.commands import Operator, operator

NAMES = [
    "with a space.txt",
    "1+1=2.txt",
    "größe/日本語.txt",
    "50%&more.txt",
    "a%2Fb%20c.txt",
    "#1 <&quot;'>.txt",
    "a" * 986 + ".txt",
    "é" * 490 + ".txt",
]


@pytest.fixture(scope="module")
def reader(stack: Stack) -> Iterator[Operator]:
    with operator(stack.local, "strict") as somebody:
        yield somebody


@pytest.mark.parametrize("name", NAMES)
def test_a_document_of_any_name_is_merged_and_found_by_its_name(strict: Instance, reader: Operator, name: str) -> None:
    key = f"documents/{name}"
    assert len(key.encode()) <= 1_024
    execution = strict.drop(name, b"hello hello\n")
    assert execution.status == "SUCCEEDED", execution.cause
    where = execution.output["result"]
    assert where["key"] == layout.merged(key, execution.output["job"])
    told = strict.s3.head_object(Bucket=where["bucket"], Key=where["key"])
    assert metadata.decode_all(told["Metadata"])["document"] == key
    assert json.loads(reader.run("result", key).out)["words"] == 2


@pytest.mark.parametrize("name", NAMES[:4])
def test_a_document_of_any_name_that_fails_has_its_report(strict: Instance, name: str) -> None:
    execution = strict.drop(f"failing {name}", b"!reject\n")
    assert (execution.status, execution.error) == ("FAILED", "ChunksFailed")
    assert strict.report(execution)["document"]["key"] == f"documents/failing {name}"
