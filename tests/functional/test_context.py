"""What split, process and merge are told of a document, and what whoever dropped it finds."""

import json
from typing import Any

import pytest

from sfn_callback import layout, settings, workload
from sfn_callback.documents import metadata
from sfn_callback.errors import InputInvalid
from sfn_callback.handlers import merge, split, start
from testing.environment import BUCKET
from testing.events import created
from testing.task_tokens import FakeStepFunctions
from testing.wire import Wire
from tests.functional.conftest import Deployment

KEY = "documents/2026/größe +1%2F.txt"


@pytest.fixture(autouse=True)
def telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_CALLBACK_WORKLOAD", "tests.functional.context_workload")


def run(deployment: Deployment, body: bytes = b"one\ntwo\n", **given: Any) -> dict[str, Any]:
    """Split, process and merge; return the execution's output."""
    version = deployment.s3.put_object(Bucket=BUCKET, Key=KEY, Body=body, Metadata={"language": "de"})["VersionId"]
    document = {"bucket": BUCKET, "key": KEY, "version": version, **given}
    deployment.job = split.handler({"document": document}, None)
    deployment.await_chunks()
    deployment.deliver_all()
    return deployment.merge()


def lines(deployment: Deployment, output: dict[str, Any]) -> list[Any]:
    return [json.loads(line) for line in deployment.read(output["result"]["key"]).splitlines()]


def there(deployment: Deployment, key: str) -> Any:
    return deployment.s3.head_object(Bucket=BUCKET, Key=key)


def test_a_chunk_knows_its_document_its_number_its_name_and_its_options(deployment: Deployment) -> None:
    first, second = lines(deployment, run(deployment))
    version = deployment.job["document"]["version"]
    assert first == {
        "number": 0,
        "name": "line 1",
        "fields": {"line": 1},
        "options": {"language": "de"},
        "size": 4,
        "content_type": "text/plain",
        "document": {"bucket": BUCKET, "key": KEY, "version": version},
    }
    assert (second["number"], second["name"]) == (1, "line 2")


def test_the_executions_options_go_before_the_documents_own(deployment: Deployment) -> None:
    asked = {"language": "fr", "pages": [1, 2], "größe": None}
    assert [line["options"] for line in lines(deployment, run(deployment, options=asked))] == [asked, asked]


def test_merge_knows_its_document_its_options_and_how_many_failed(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_TOLERATED_FAILURE_COUNT", "1")
    output = run(deployment, b"one\nreject\n")
    told = json.loads(deployment.read(output["beside"]["index.json"]["key"]))
    version = deployment.job["document"]["version"]
    assert told == {
        "chunks": 2,
        "failed": 1,
        "options": {"language": "de"},
        "job": deployment.job["job"],
        "document": {"bucket": BUCKET, "key": KEY, "version": version},
    }


def test_whoever_dropped_a_document_finds_its_result_by_its_name(deployment: Deployment) -> None:
    output = run(deployment)
    assert output["result"] == {"bucket": BUCKET, "key": f"merged/2026/größe +1%2F.txt/{deployment.job['job']}"}
    head = there(deployment, output["result"]["key"])
    assert head["ContentType"] == "application/jsonl"
    assert metadata.decode_all(head["Metadata"]) == {
        "bucket": BUCKET,
        "document": KEY,
        "version": deployment.job["document"]["version"],
        "job": deployment.job["job"],
        "chunks": "2",
        "failed": "0",
    }


def test_what_is_beside_a_result_is_named_in_the_output(deployment: Deployment) -> None:
    output = run(deployment)
    assert output["beside"] == {"index.json": {"bucket": BUCKET, "key": f"{output['result']['key']}.index.json"}}
    assert there(deployment, f"{output['result']['key']}.index.json")["ContentType"] == "application/json"


def test_a_result_has_the_media_type_that_process_gave(deployment: Deployment) -> None:
    run(deployment)
    assert there(deployment, layout.result(deployment.job["job"], 0))["ContentType"] == "application/json"


def test_a_chunk_that_is_larger_than_the_memory_streams_through(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "32")
    line = b"large 900000\n"
    output = run(deployment, line)
    assert deployment.read(output["result"]["key"]) == line * 900_000 + b"\n"


def test_what_a_chunk_is_told_takes_no_request_more(deployment: Deployment, wire: Wire) -> None:
    run(deployment)
    assert sorted(wire.operations()) == sorted(
        [
            *("s3.HeadObject", "s3.GetObject", "s3.PutObject", "s3.PutObject"),
            *("dynamodb.UpdateItem",) * 2,
            "dynamodb.UpdateItem",
            *("s3.GetObject", "s3.PutObject", "dynamodb.UpdateItem") * 2,
            "dynamodb.UpdateItem",
            *("s3.ListObjectsV2", "s3.GetObject", "s3.GetObject", "s3.PutObject", "s3.PutObject"),
        ]
    )


def test_a_job_keeps_its_document_in_every_round(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.put(KEY, b"one\n")
    deployment.job = split.handler({"document": {"bucket": BUCKET, "key": KEY, "options": {"a": 1}}}, None)
    monkeypatch.setattr("sfn_callback.documents.redrive.invoke_processor", lambda _: None)
    before = deployment.job["document"]
    assert deployment.redrive()["document"] == before
    assert before["options"] == {"a": 1}


def test_a_job_that_was_split_before_documents_were_kept_is_merged_all_the_same(deployment: Deployment) -> None:
    run(deployment)
    old = {name: value for name, value in deployment.job.items() if name != "document"}
    output = merge.handler({"job": old, "failed": 0}, None)
    assert output["result"]["key"] == f"merged/{old['job']}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["de"], "'options' must be a JSON object, not an array"),
        ("de", "'options' must be a JSON object, not \"de\""),
        (
            {"a": "x" * 1_020},
            r"'options' have 1,029 bytes of JSON; the limit is 1,024.*Put larger data into an object",
        ),
    ],
)
def test_options_that_no_chunk_could_carry_are_refused(deployment: Deployment, options: Any, sentence: str) -> None:
    with pytest.raises(InputInvalid, match=sentence):
        run(deployment, options=options)


def test_options_of_a_kilobyte_are_taken(deployment: Deployment) -> None:
    options = {"a": "x" * 1_015}
    assert lines(deployment, run(deployment, options=options))[0]["options"] == {"language": "de", **options}


def test_the_report_of_a_failure_says_whose_it_is(deployment: Deployment) -> None:
    deployment.put("documents/d.txt", b"one\n")
    report = deployment.record_failure("ChunksFailed", "1 of 1")
    (key,) = deployment.keys("failures/")
    assert key == "failures/d.txt/run-1.json"
    assert report["document"] == {"bucket": BUCKET, "key": "documents/d.txt"}
    head = there(deployment, key)
    assert head["ContentType"] == "application/json"
    assert head["Metadata"] == {"bucket": BUCKET, "document": "documents/d.txt"}


def test_the_report_of_a_failed_job_says_which_and_how_many(deployment: Deployment) -> None:
    deployment.job = split.handler({"document": {"bucket": BUCKET, "key": _put(deployment)}}, None)
    deployment.record_failure("States.Timeout", "", split={"job": deployment.job})
    (key,) = deployment.keys("failures/")
    told = there(deployment, key)["Metadata"]
    assert (told["job"], told["chunks"], told["failed"]) == (deployment.job["job"], "2", "2")


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ('{"errorMessage": "It is no PDF.", "errorType": "NotAPdf", "stackTrace": ["…"]}', "It is no PDF."),
        ('{"errorMessage": 7}', '{"errorMessage": 7}'),
        ('"text"', '"text"'),
        ("1 of 3 chunks failed", "1 of 3 chunks failed"),
    ],
)
def test_a_failure_is_told_by_its_sentence(deployment: Deployment, cause: str, sentence: str) -> None:
    assert deployment.record_failure("NotAPdf", cause)["cause"] == sentence


@pytest.mark.parametrize("key", ["x" * 5_000, "ü" * 1_024])
def test_a_document_that_cannot_be_has_its_report_all_the_same(deployment: Deployment, key: str) -> None:
    report = deployment.record_failure("InputInvalid", "no such key", key=key)
    assert report["document"]["key"] == key


def _put(deployment: Deployment) -> str:
    deployment.put(KEY, b"one\ntwo\n")
    return KEY


@pytest.fixture
def started(machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the documents for which an execution is started."""
    keys: list[str] = []

    def start_execution(*, input: str, **_: str) -> None:
        keys.append(json.loads(input)["key"])

    monkeypatch.setattr(machine, "start_execution", start_execution, raising=False)
    return keys


def test_only_what_has_a_suffix_of_documents_starts(
    started: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_DOCUMENT_SUFFIXES", ".pdf .Docx")
    for name in ("a.pdf", "B.PDF", "c.docx", "c.pdf.json", "pdf", "_SUCCESS"):
        start.handler(created(f"documents/{name}"), None)
    assert started == ["documents/a.pdf", "documents/B.PDF", "documents/c.docx"]
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    left = [line for line in said if "execution" not in line]
    assert [line["key"] for line in left] == ["documents/c.pdf.json", "documents/pdf", "documents/_SUCCESS"]
    assert {line["event"] for line in left} == {"document_ignored"}


def test_everything_starts_where_no_suffix_is_named(started: list[str]) -> None:
    start.handler(created("documents/_SUCCESS"), None)
    assert started == ["documents/_SUCCESS"]
    settings.current.cache_clear()
    workload.functions.cache_clear()
