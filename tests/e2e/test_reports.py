"""A chunk that is finished elsewhere, reported by each door on the local AWS."""

import json
from typing import Any
from unittest.mock import patch
from urllib.request import Request, urlopen

import pytest

from emulator import function_url_proxy
from sfn_callback import ids
from sfn_callback.aws.dynamodb import Table
from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.fanin import protocol
from sfn_callback.fanin.ledger import DynamoLedger
from tests.e2e.conftest import Instance, Stack, wait_for


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
def test_a_report_is_taken_at_each_door(stack: Stack, strict: Instance, door: Any) -> None:
    job, table = ids.new_job(), DynamoLedger(Table(strict.dynamodb, strict.outputs["table"], 86_400))
    protocol.seal(table, job, 1, 0)
    with patch.object(chunk_tokens, "_secret", table.secret):
        token = chunk_tokens.make(ChunkTask(job, 0, job, 0))
    door(stack, strict.outputs["reports"], json.dumps({"token": token, "result": door.__name__}))
    wait_for(lambda: [line for line in strict.logged("report", job) if line.get("job") == job])
    result = strict.s3.get_object(Bucket=strict.bucket, Key=f"{strict.prefix}results/{job}/00000000")
    assert result["Body"].read().decode() == door.__name__
    assert table.look(job).full == {0}
