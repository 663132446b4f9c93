"""A bucket that is shared: all keys of an instance are below its prefix, and what is beside it is left alone."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_callback.aws import clients
from sfn_callback.errors import DocumentForbidden
from sfn_callback.handlers import process, split
from sfn_callback.log_events import LogEvent
from sfn_callback.tasks import outputs
from testing.environment import BUCKET
from testing.events import created
from tests.conftest import set_variables
from tests.functional.conftest import Deployment, note_invocations

TWO = b"one\n\ntwo two\n"
DOCUMENT = "a/b/documents/2026/d.txt"


@pytest.fixture
def below(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The deployment with a prefix."""
    monkeypatch.setenv("CHUNK_BYTES", "0")
    set_variables(monkeypatch, PREFIX="a/b/")
    deployment.prefix = "a/b/"
    return deployment


def folders(deployment: Deployment) -> set[str]:
    """What all keys in the bucket begin with, up to the name of the job, the document or the output."""
    known = ("documents", "chunks", "results", "merged", "failures", "outputs")
    parts = [key.split("/") for key in deployment.keys("")]
    return {"/".join(key[: next(at for at, part in enumerate(key) if part in known) + 1]) for key in parts}


def test_a_document_is_split_processed_and_merged_below_the_prefix_and_nothing_is_outside(below: Deployment) -> None:
    job = below.run(TWO, DOCUMENT)
    output = below.merge()
    assert output["result"] == {"bucket": BUCKET, "key": f"a/b/merged/2026/d.txt/{job['job']}"}
    assert json.loads(below.read(output["result"]["key"]))["words"] == 3
    assert folders(below) == {"a/b/documents", "a/b/chunks", "a/b/results", "a/b/merged"}


def test_a_failure_is_reported_below_the_prefix(below: Deployment) -> None:
    below.run(b"one\n\n!reject\n", DOCUMENT)
    report = below.record_failure("ChunksFailed", "one", key=DOCUMENT, split={"job": below.job})
    assert (report["without_result"], len(report["failed"])) == ([1], 1)
    assert below.keys("a/b/failures/") == ["a/b/failures/2026/d.txt/run-1.json"]
    assert "a/b/failures" in folders(below) and all(one.startswith("a/b/") for one in folders(below))


def test_a_redrive_sees_the_results_below_the_prefix(below: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    invoked = note_invocations(monkeypatch)
    below.split(TWO, DOCUMENT)
    below.deliver(below.chunk_events()[0])
    below.redrive()
    assert [task["index"] for task in invoked] == [1]
    below.await_chunks()
    below.deliver(invoked[0])
    assert below.merged()["words"] == 3


def test_a_tasks_large_output_is_stored_below_the_prefix(below: Deployment) -> None:
    place = outputs.write(b"{}")
    assert [place["key"]] == below.keys("a/b/outputs/") == below.keys("")


@pytest.mark.parametrize("prefix", ["", "a/", "b/", "a/b/c/", "a/b/a/b/", "A/B/"])
def test_the_chunks_of_another_instance_are_left_alone(
    below: Deployment, capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    job = below.split(TWO, DOCUMENT)["job"]
    process.handler(created(f"{prefix}chunks/{job}/00000000"), None)
    assert below.keys("a/b/results/") == []
    assert LogEvent.CHUNK_KEY_IGNORED in capsys.readouterr().out


def test_a_document_that_may_not_be_read_is_told_where_documents_belong(
    below: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    monkeypatch.setattr(clients.s3(), "head_object", refuse)
    monkeypatch.setattr(clients.s3(), "get_object", refuse)
    with pytest.raises(DocumentForbidden, match="belong under a/b/documents/"):
        split.handler({"document": {"bucket": BUCKET, "key": "documents/d.txt"}}, None)
