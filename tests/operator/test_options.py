"""``start … --option``: beside a file that is dropped, or in an execution's input, so that the workload is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_callback.documents import metadata
from sfn_callback.handlers import split
from testing.environment import BUCKET
from tests.operator.conftest import Desk
from tests.operator.test_start import given

TOLD = ("--option", "language=de", "--option", "title=Über a=b", "--option", "pages=3")


def drop(desk: Desk, tmp_path: Path, *more: str, key: str = "d.txt") -> Any:
    """A file is dropped, and the start function begins its execution, which has no options in its input."""
    (tmp_path / "d.txt").write_text("one\n")
    desk.event_starts("by-the-event", f"documents/{key}")
    return desk.run("start", str(tmp_path / "d.txt"), "--key", key, *more, "--output", "json")


@pytest.mark.parametrize("key", ["d.txt", "a b+c%2F#ä.txt"])
def test_options_of_a_file_are_kept_beside_it_and_its_execution_is_found(desk: Desk, tmp_path: Path, key: str) -> None:
    ran = drop(desk, tmp_path, *TOLD, key=key)
    assert ran.json["name"] == "by-the-event", ran.err
    head = desk.deployment.s3.head_object(Bucket=BUCKET, Key=f"documents/{key}")
    assert metadata.decode_all(head["Metadata"]) == {"language": "de", "title": "Über a=b", "pages": "3"}
    assert head["ContentType"] == "text/plain"
    job = split.handler({"document": given(desk)}, None)
    assert job["document"]["options"] == {"language": "de", "title": "Über a=b", "pages": "3"}


def test_options_of_what_lies_in_the_bucket_are_in_the_input(desk: Desk) -> None:
    more = (
        "--option",
        "pages:=3",
        "--option",
        'also:={"a": [1, null]}',
        "--option",
        "empty=",
        "--option",
        "pageSize=1",
    )
    assert desk.run("start", f"s3://{BUCKET}/documents/d.txt", *TOLD[:4], *more).code == 0
    options = {
        "language": "de",
        "title": "Über a=b",
        "pages": 3,
        "also": {"a": [1, None]},
        "empty": "",
        "pageSize": "1",
    }
    assert given(desk) == {"bucket": BUCKET, "key": "documents/d.txt", "options": options}


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (["pages:=3"], "write pages=3 instead of :="),
        (["pageSize=3"], "the option name 'pageSize'"),
        (["-x=3"], "the option name '-x'"),
        (["größe=3"], "the option name 'größe'"),
        (["a b=3"], "the option name 'a b'"),
        (["language="], "is empty"),
        (["language"], "NAME=TEXT"),
        (["=de"], "NAME=TEXT"),
        (["a:b=c"], "NAME=TEXT"),
        (["a=1", "a=2"], "given twice"),
        (["a=" + "x" * 2_100], "S3 takes at most 2,048"),
        # It fits beside the file, but not with the document's name beside its chunks.
        (["a=" + "x" * 1_980], "S3 takes at most 2,048"),
    ],
)
def test_an_option_that_cannot_be_kept_beside_a_file_is_refused_before_it_is_dropped(
    desk: Desk, tmp_path: Path, option: list[str], says: str
) -> None:
    (tmp_path / "d.txt").write_text("one\n")
    ran = desk.run("start", str(tmp_path / "d.txt"), *(part for one in option for part in ("--option", one)))
    assert (ran.code, desk.deployment.keys("documents/")) == (2, [])
    assert says in ran.err


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (["pages:=three"], "--option pages is not JSON"),
        (["language"], "NAME=TEXT"),
        (["a=1", "a:=2"], "given twice"),
        (["a=" + "x" * 1_100], "the limit is 1,024"),
        # Base64 makes more of what is not ASCII.
        (["a=" + "ä" * 500, "key"], "NAME=TEXT"),
    ],
)
def test_an_option_that_cannot_be_told_starts_nothing(desk: Desk, option: list[str], says: str) -> None:
    ran = desk.run("start", "documents/d.txt", *(part for one in option for part in ("--option", one)))
    assert (ran.code, says in ran.err, desk.machine.executions) == (2, True, {})


def test_options_that_do_not_fit_beside_a_chunk_with_the_documents_name_start_nothing(desk: Desk) -> None:
    ran = desk.run("start", f"documents/{'ä' * 400}", "--option", f"a={'ä' * 490}")
    assert (ran.code, "S3 takes at most 2,048" in ran.err, desk.machine.executions) == (2, True, {})
    assert desk.run("start", "documents/ä", "--option", f"a={'ä' * 490}").code == 0


def test_an_input_has_its_options_in_itself(desk: Desk) -> None:
    ran = desk.run("start", "--workflow", "approval", "--input", json.dumps({"subject": "?"}), "--option", "a=b")
    assert (ran.code, "--input" in ran.err, desk.machine.executions) == (2, True, {})
