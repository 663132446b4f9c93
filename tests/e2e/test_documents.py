"""The documents workflow on the local AWS: real applies, real events, enforced roles."""

import re
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from sfn_callback.log_events import LogEvent
from tests.e2e.conftest import Instance, Stack, wait_for

MB = 1024 * 1024
THREE = b"one\n\n!sleep 0.2\ntwo two\n\nthree\n"


def a_real_text() -> bytes:
    """The standard library's own sources: more than a megabyte that is on every machine."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    return b"\n\n".join(path.read_bytes() for path in sorted(folder.glob("[a-h]*.py")))


def counted(text: bytes) -> dict[str, Any]:
    """What the demo workload should find, without any of its code."""
    counts = Counter(word.lower() for word in re.findall(r"[\w']+", text.decode()))
    top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:20]
    return {"words": sum(counts.values()), "distinct": len(counts), "top": [list(entry) for entry in top]}


def created(instance: Instance, key: str) -> dict[str, Any]:
    """S3's event for a new object."""
    entry = {"key": quote_plus(key, safe="/"), "versionId": "v1", "sequencer": "0055AED6DCD90281E5"}
    return {"Records": [{"s3": {"bucket": {"name": instance.bucket}, "object": entry}}]}


def test_a_document_is_merged_and_the_machine_resumed_once(strict: Instance) -> None:
    execution = strict.drop("good.txt", THREE)
    assert execution.status == "SUCCEEDED"
    job = execution.output["job"]
    assert execution.output == {
        "job": job,
        "chunks": 3,
        "failed": 0,
        "result": {"bucket": strict.bucket, "key": f"merged/good.txt/{job}"},
    }
    assert strict.merged(execution) == {"words": 4, "distinct": 3, "top": [["two", 2], ["one", 1], ["three", 1]]}
    assert (execution.states.count("AwaitChunks"), execution.resumed) == (1, 1)


def test_a_large_text_gives_the_counts_of_independent_code(strict: Instance) -> None:
    text = a_real_text()
    assert len(text) > 1_000_000
    execution = strict.drop("large.txt", text, chunk_bytes="16384")
    assert execution.output["chunks"] > 60
    assert strict.merged(execution) == counted(text)
    assert execution.resumed == 1


def test_a_document_of_three_ranges_is_counted_once(strict: Instance) -> None:
    text = a_real_text()
    text *= -(-17 * MB // len(text))
    execution = strict.drop("ranges.txt", text, chunk_bytes=str(MB // 2))
    assert strict.merged(execution) == counted(text)
    assert execution.output["chunks"] > 17
    strict.delete("documents/ranges.txt", f"chunks/{execution.output['job']}/")


def test_an_empty_document_is_merged_to_nothing(strict: Instance) -> None:
    execution = strict.drop("empty.txt", b"")
    assert (execution.status, execution.output["chunks"]) == ("SUCCEEDED", 0)
    assert strict.merged(execution) == {"words": 0, "distinct": 0, "top": []}


def test_a_chunk_that_fails_once_is_healed_by_its_retry(strict: Instance) -> None:
    execution = strict.drop("once.txt", b"one\n\n!once\ntwo\n")
    assert (execution.status, execution.output["failed"]) == ("SUCCEEDED", 0)
    assert strict.merged(execution)["words"] == 2


def test_a_failure_that_is_tolerated_is_left_out(tolerant: Instance) -> None:
    execution = tolerant.drop("below.txt", b"one\n\n!reject\ntwo\n\nthree\n")
    assert execution.status == "SUCCEEDED"
    assert (execution.output["chunks"], execution.output["failed"]) == (3, 1)
    assert tolerant.merged(execution)["words"] == 2


def test_one_failure_more_than_tolerated_takes_the_failure_branch(tolerant: Instance) -> None:
    execution = tolerant.drop("above.txt", b"one\n\n!reject\n\n!reject\n\nthree\n")
    assert (execution.status, execution.error) == ("FAILED", "ChunksFailed")
    assert "1 tolerated" in execution.cause


def test_duplicate_events_change_nothing(strict: Instance) -> None:
    execution = strict.drop("twice.txt", THREE)
    before, job = strict.merged(execution), execution.output["job"]
    for index in range(3):
        strict.invoke("process", created(strict, f"chunks/{job}/{index:08d}"))
    # At least, because the invocation itself is sent again where its answer got lost.
    wait_for(lambda: len(logged(strict, "process", LogEvent.CHUNK_DONE, job=job)) >= 6)
    # Whoever saw the verdict first has sent it: the last chunk's processor, or what handed over the token.
    senders = ("process", "await_chunks")
    outcomes = [line["outcome"] for who in senders for line in logged(strict, who, LogEvent.VERDICT_SENT, fanin=job)]
    assert (outcomes.count("accepted"), set(outcomes)) == (1, {"accepted", "already closed"})
    assert strict.merged(execution) == before


def logged(instance: Instance, handler: str, event: LogEvent, **fields: str) -> list[dict[str, Any]]:
    """The handler's log lines of that event and with those fields."""
    wanted = {"event": event, **fields}
    return [line for line in instance.logged(handler, next(iter(fields.values()))) if wanted.items() <= line.items()]


def test_a_duplicate_drop_starts_one_execution(strict: Instance) -> None:
    key = "documents/dropped-twice.txt"
    for _ in range(2):
        strict.invoke("start", created(strict, key))
    wait_for(lambda: sum(line.get("key") == key for line in strict.logged("start", key)) >= 2)
    assert strict.begun()["dropped-twice.txt"] == 1


def test_a_burst_starts_each_document_once_and_leaves_its_queue_empty(strict: Instance) -> None:
    names = {f"burst-{number}.txt" for number in range(25)}
    for name in names:
        strict.s3.put_object(Bucket=strict.bucket, Key=f"documents/{name}", Body=b"one")
    wait_for(lambda: names <= strict.begun().keys(), pause=0.5)
    url = strict.sqs.get_queue_url(QueueName="strict-starts")["QueueUrl"]
    counted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def waiting() -> int:
        said = strict.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counted)["Attributes"]
        return sum(map(int, said.values()))

    # Nor is there what S3 sends when it is told of the queue, which is no event.
    wait_for(lambda: waiting() == 0)
    begun = strict.begun()
    assert {begun[name] for name in names} == {1}


def test_a_missing_document_is_named_in_the_failure(strict: Instance) -> None:
    execution = strict.run(bucket=strict.bucket, key="documents/not-there.txt")
    assert execution.status == "FAILED"
    assert f"s3://{strict.bucket}/documents/not-there.txt" in execution.cause


def test_a_document_outside_the_modules_reach_says_where_documents_belong(strict: Instance) -> None:
    strict.s3.put_object(Bucket=strict.bucket, Key="private/secret.txt", Body=b"hello")
    execution = strict.run(bucket=strict.bucket, key="private/secret.txt")
    assert execution.status == "FAILED"
    assert "documents belong under documents/" in execution.cause


def test_an_execution_without_a_key_says_what_is_missing(strict: Instance) -> None:
    execution = strict.run(bucket=strict.bucket)
    assert execution.status == "FAILED"
    assert "'key' must be a non-empty string, and is missing" in execution.cause


def test_a_document_that_is_no_text_says_so(strict: Instance) -> None:
    execution = strict.drop("image.png", b"\x89PNG\r\n\x1a\n\x00")
    assert execution.status == "FAILED"
    assert "is not UTF-8 text" in execution.cause


def test_a_foreign_object_under_chunks_is_left_alone(strict: Instance) -> None:
    strict.s3.put_object(Bucket=strict.bucket, Key="chunks/readme.txt", Body=b"hello")
    key = "chunks/readme.txt"
    (line,) = wait_for(lambda: [line for line in strict.logged("process", key) if line.get("key") == key])
    assert line["event"] == LogEvent.CHUNK_KEY_IGNORED


def test_roles_are_enforced_here(stack: Stack) -> None:
    stranger = stack.local.client("sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/strict-eu-central-1-merge", RoleSessionName="stranger"
    )["Credentials"]
    import boto3

    table = boto3.client(
        "dynamodb",
        endpoint_url=stack.local.environment["AWS_ENDPOINT_URL"],
        verify=stack.local.environment["AWS_CA_BUNDLE"],
        region_name="eu-central-1",
        aws_access_key_id=stranger["AccessKeyId"],
        aws_secret_access_key=stranger["SecretAccessKey"],
        aws_session_token=stranger["SessionToken"],
    )
    with pytest.raises(table.exceptions.ClientError, match="AccessDenied"):
        table.scan(TableName="strict-ledger")


def test_no_token_is_in_any_log(stack: Stack) -> None:
    for instance in (stack.instances["strict"], stack.instances["durable"]):
        items = instance.dynamodb.get_paginator("scan").paginate(TableName=instance.outputs["table"])
        tokens = {token for page in items for item in page["Items"] for token in item.get("tokens", {}).get("SS", ())}
        groups = instance.outputs["log_group_names"].values()
        logged = "\n".join(event["message"] for group in groups for event in instance.log_events(group))
        assert tokens
        assert LogEvent.VERDICT_SENT in logged
        assert [token for token in tokens if token in logged] == []
