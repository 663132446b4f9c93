"""``result``: what was merged of a job, an execution or a document is found, and why there is none is said."""

import json
from pathlib import Path

import pytest

from sfn_callback import demo, layout, workload
from sfn_callback.aws import clients
from sfn_callback.contract import Merged
from sfn_callback.documents import metadata
from testing.environment import BUCKET
from testing.secrecy import leaks
from testing.task_tokens import refusal
from tests.operator.conftest import Desk, text

KEYS = (
    "documents/d.txt",
    "documents/a b.txt",
    "documents/a+b.txt",
    "documents/a%2Fb.txt",
    "documents/a#b?.txt",
    "documents/näher/文書 №1.txt",
    "documents/run-1.txt",
    f"documents/{'long ' * 200}.txt",
)
JOBS = tuple(f"2026011{day}T235959Z-0123456789ab" for day in range(3))


def merged(desk: Desk, job: str, body: bytes = b"{}", key: str = "documents/d.txt", **told: str) -> None:
    """Merge has put that there."""
    said = metadata.encode({"bucket": BUCKET, "document": key, "job": job, **told})
    place = layout.merged(key, job)
    desk.deployment.s3.put_object(Bucket=BUCKET, Key=place, Body=body, Metadata=said, ContentType="application/json")


@pytest.mark.parametrize(
    "name", ["job", "execution", "arn", "d.txt", "documents/d.txt", f"s3://{BUCKET}/documents/d.txt"]
)
def test_a_result_is_found_by_each_name_of_its_job_or_document(desk: Desk, name: str) -> None:
    names = {"job": desk.job(), "execution": "run-1", "arn": desk.arn}
    desk.finish(desk.arn)
    ran = desk.run("result", names.get(name, name))
    assert ran.code == 0, ran.err
    assert ran.json == {"words": 3, "distinct": 3, "top": [["one", 1], ["three", 1], ["two", 1]]}


@pytest.mark.parametrize("key", KEYS)
def test_a_document_of_any_name_is_found(desk: Desk, key: str) -> None:
    job = desk.job(key=key)
    desk.finish(desk.arn)
    for name in (job, "run-1", key, key.removeprefix("documents/"), f"s3://{BUCKET}/{key}"):
        told = desk.json("result", name)
        assert (told["metadata"]["document"], told["metadata"]["job"]) == (key, job)


@pytest.fixture
def my_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file that ``start`` drops as ``documents/my.txt``, named from another folder."""
    (tmp_path / "my.txt").write_text("one")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return "../my.txt"


def test_a_file_is_found_as_start_dropped_it(desk: Desk, my_file: str) -> None:
    merged(desk, JOBS[0], b"mine", key="documents/my.txt")
    for name in (my_file, str(Path(my_file).resolve())):
        assert desk.run("result", name).out == "mine"


def test_a_file_of_which_nothing_is_merged_is_said_by_its_key(desk: Desk, my_file: str) -> None:
    assert f"There is no merged result of s3://{BUCKET}/documents/my.txt," in desk.run("result", my_file).err


def test_a_key_comes_before_a_file_of_its_name(desk: Desk, my_file: str) -> None:
    Path("2026").mkdir()
    Path("2026/my.txt").write_text("one")
    merged(desk, JOBS[0], b"of the file", key="documents/my.txt")
    desk.job(key="documents/2026/my.txt")
    assert desk.run("result", "2026/my.txt").code == 7
    merged(desk, JOBS[0], b"of the key", key="documents/2026/my.txt")
    assert desk.run("result", "2026/my.txt").out == "of the key"


def test_of_several_results_of_a_document_the_newest_is_taken(desk: Desk) -> None:
    for number in (1, 2, 0):
        merged(desk, JOBS[number], str(number).encode())
    assert desk.run("result", "d.txt").out == "2"


def test_what_only_looks_like_a_newer_result_is_not_taken(desk: Desk) -> None:
    merged(desk, JOBS[0], b"mine")
    merged(desk, JOBS[1], b"of another bucket", bucket="other")
    merged(desk, JOBS[1], b"of a document in the folder of this name", key="documents/d.txt/inner")
    desk.deployment.put(f"merged/d.txt/{JOBS[2]}", b"by hand")
    # What is beside a result can be called as a redrive is.
    merged(desk, f"{JOBS[2]}.1-01234567", b"beside")
    assert desk.run("result", "d.txt").out == "mine"


def test_an_execution_comes_before_a_document_of_its_name(desk: Desk) -> None:
    desk.job(text("one"), name="report")
    desk.finish(desk.arn)
    merged(desk, JOBS[0], b"the document", key="documents/report")
    assert desk.run("result", "report").json["words"] == 1
    assert desk.run("result", "documents/report").out == "the document"


def test_a_failed_job_that_was_made_good_has_a_result(desk: Desk) -> None:
    job = desk.failed_job(text("one", "!fail"))
    desk.deploy_fix()
    assert desk.run("redrive", job).code == 0
    for name in (job, "run-1", "d.txt"):
        assert desk.json("result", name)["key"] == f"merged/d.txt/{job}"
    assert desk.json("show", job)["result"] == f"s3://{BUCKET}/merged/d.txt/{job}"


def test_the_place_that_an_output_names_counts(desk: Desk) -> None:
    # As it was before an upgrade, or as a definition of the caller's own has it.
    arn = desk.machine.begin(desk.machine.machines[0], "run-1", {"bucket": BUCKET, "key": "documents/d.txt"})
    desk.deployment.put(f"merged/{JOBS[0]}", b"old")
    output = {"job": JOBS[0], "result": {"bucket": BUCKET, "key": f"merged/{JOBS[0]}"}}
    desk.machine.end(arn, "SUCCEEDED", output=json.dumps(output))
    assert desk.run("result", "run-1", "-o", "-").out == "old"
    ran = desk.run("result", "d.txt")
    assert (ran.code, "sfn-callback result run-1" in ran.err) == (3, True)


@pytest.mark.parametrize("name", ["run-1", "d.txt"])
def test_a_job_that_goes_on_is_said_with_how_far_it_is(desk: Desk, name: str) -> None:
    desk.job()
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    ran = desk.run("result", name)
    assert (ran.code, ran.out) == (7, "")
    assert "it is at AwaitChunks, and 1 of 3 chunks are done" in ran.err
    assert "sfn-callback watch run-1 -o FILE" in ran.err


def test_an_execution_that_has_not_split_yet_is_said(desk: Desk) -> None:
    desk.machine.begin(desk.machine.machines[0], "run-1", {"bucket": BUCKET, "key": "documents/d.txt"})
    ran = desk.run("result", "run-1")
    assert (ran.code, "it is at its first state" in ran.err) == (7, True)


@pytest.mark.parametrize("name", ["run-1", "d.txt"])
def test_a_job_that_failed_is_said_with_what_makes_it_good(desk: Desk, name: str) -> None:
    job = desk.failed_job(text("!fail"))
    ran = desk.run("result", name)
    assert ran.code == 1
    assert "run-1 is FAILED without a merged result" in ran.err
    assert "sfn-callback show run-1" in ran.err
    assert f"sfn-callback redrive {job}" in ran.err


def test_an_execution_that_failed_to_split_is_begun_anew(desk: Desk) -> None:
    arn = desk.machine.begin(desk.machine.machines[0], "run-1", {"bucket": BUCKET, "key": "documents/d.txt"})
    desk.machine.end(arn, "FAILED", error="DocumentNotText")
    ran = desk.run("result", "run-1")
    assert (ran.code, "sfn-callback restart run-1" in ran.err) == (1, True)


@pytest.mark.parametrize(
    "name", ["nothing.txt", "documents/nothing.txt", "nothing", "no such thing", "x" * 81 + ".txt", "x" * 300 + ".txt"]
)
def test_what_was_never_split_is_not_found(desk: Desk, name: str) -> None:
    desk.job()
    ran = desk.run("result", name)
    assert ran.code == 3
    url = f"s3://{BUCKET}/documents/{name.removeprefix('documents/')}"
    assert f"There is no merged result of {url}" in ran.err
    assert f"sfn-callback start {repr(url) if ' ' in url else url}" in ran.err


def test_a_result_that_was_deleted_is_said(desk: Desk) -> None:
    desk.job()
    place = desk.finish(desk.arn)["result"]
    desk.deployment.s3.delete_object(Bucket=BUCKET, Key=place["key"])
    ran = desk.run("result", "run-1")
    assert (ran.code, f"{place['key']} no longer exists" in ran.err) == (3, True)


def test_a_workflow_that_merges_nothing_is_said(desk: Desk) -> None:
    desk.approval()
    ran = desk.run("result", "asks")
    assert (ran.code, "documents/asks" in ran.err) == (2, True)
    desk.machine.machines = desk.machine.machines[1:]
    ran = desk.run("result", "d.txt")
    assert (ran.code, "does not split documents" in ran.err) == (3, True)


def test_a_task_token_is_not_repeated(desk: Desk) -> None:
    token = "AAAAKgAAAAIAAAAAAAAAAf+b/c" * 9
    ran = desk.run("result", token)
    assert ran.code == 2
    assert leaks(token, ran.out + ran.err) == []


def test_who_may_not_read_is_told_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.job()
    desk.finish(desk.arn)

    def refuse(**_: object) -> None:
        raise refusal("HeadObject", "403")

    s3 = clients.s3()
    monkeypatch.setattr(s3, "head_object", refuse)
    monkeypatch.setattr(clients, "s3", lambda: s3)
    assert desk.run("result", "run-1").code == 4
    # Who may only list is shown all the same where it is.
    assert desk.json("show", "run-1")["result"]


@pytest.fixture
def with_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A document of which merge gave more than one result."""
    monkeypatch.setattr(demo, "merge", lambda _: Merged(b"all", "text/plain", {"pages.csv": b"1", "1-01234567": b"{}"}))
    workload.functions.cache_clear()
    desk.job()
    desk.finish(desk.arn)
    return desk


@pytest.mark.parametrize("name", ["run-1", "d.txt"])
def test_what_is_beside_a_result_is_fetched_by_its_name(with_more: Desk, name: str) -> None:
    assert with_more.run("result", name).out == "all"
    assert with_more.run("result", name, "--beside", "pages.csv").out == "1"


@pytest.mark.parametrize("name", ["pages", "pages.csv.old", ""])
def test_a_name_that_is_not_beside_it_is_said_with_those_that_are(with_more: Desk, name: str) -> None:
    ran = with_more.run("result", "d.txt", "--beside", name)
    assert ran.code == 3
    assert f"There is no {name!r} beside s3://" in ran.err
    assert "; there is 1-01234567, pages.csv." in ran.err


def test_that_nothing_is_beside_it_is_said(desk: Desk) -> None:
    desk.job()
    desk.finish(desk.arn)
    ran = desk.run("result", "run-1", "--beside", "pages.csv")
    assert (ran.code, "; there is nothing." in ran.err) == (3, True)
