"""A chunk that is finished elsewhere, reported by each door on the local AWS."""

import json
from typing import Any
from unittest.mock import patch
from urllib.request import Request, urlopen

import pytest

from emulator import function_url_proxy
from sfn_callback.aws.dynamodb import Table
from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.fanin.ledger import DynamoLedger
from tests.e2e.conftest import Instance, Stack, wait_for
from tests.e2e.support.workload import ELSEWHERE


def invoke(stack: Stack, reports: dict[str, Any], report: str) -> None:
    answer = stack.local.client("lambda").invoke(FunctionName=reports["function_arn"], Payload=report)
    assert json.load(answer["Payload"]) == {"report": "recorded"}


def send(stack: Stack, reports: dict[str, Any], report: str) -> None:
    stack.local.client("sqs").send_message(QueueUrl=reports["queue_url"], MessageBody=report)


def publish(stack: Stack, reports: dict[str, Any], report: str) -> None:
    stack.local.client("sns").publish(TopicArn=reports["topic_arn"], Message=report)


def post(stack: Stack, reports: dict[str, Any], report: str) -> None:
    with function_url_proxy.served(stack.local, reports["url"]) as url:
        request = Request(url, report.encode(), {"content-type": "application/json"})
        with urlopen(request) as answer:
            assert (answer.status, json.load(answer)) == (200, {"report": "recorded"})


@pytest.mark.parametrize("door", [invoke, send, publish, post])
def test_a_chunk_that_is_reported_ends_the_wait_and_is_merged(stack: Stack, strict: Instance, door: Any) -> None:
    name = f"{door.__name__}-report.txt"
    execution = strict.dropped(name, ELSEWHERE)
    job = wait_for(lambda: jobs_of(strict, name))[0]
    wait_for(
        lambda: [line for line in strict.logged("process") if line["event"] == "chunk_pending" and line["job"] == job]
    )
    table = DynamoLedger(Table(strict.dynamodb, strict.outputs["table"], 86_400))
    with patch.object(chunk_tokens, "_secret", table.secret):
        token = chunk_tokens.make(ChunkTask(job, 0, job, 0))
    door(stack, strict.outputs["reports"], json.dumps({"token": token, "result": '{"elsewhere": 1}'}))
    ended = strict.ended(execution)
    assert ended.status == "SUCCEEDED"
    assert strict.merged(ended) == {"elsewhere": 1}


def jobs_of(strict: Instance, name: str) -> list[str]:
    """Return the job of the document of that name, once it is split."""
    return [line["job"] for line in strict.logged("split") if line.get("key") == f"{strict.prefix}documents/{name}"]
