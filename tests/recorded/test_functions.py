"""What Lambda tells of events that failed, and functions of requests and messages."""

import base64
import json
from typing import Any

import pytest

from sfn_callback.aws import function_url, records
from sfn_callback.documents import events
from sfn_callback.tasks import messages
from testing import invocations
from testing.invocations import Function, RecordLost
from testing.queues import Queue
from tests.recorded.facts import FAKES, HANDLERS, LOCAL, holds
from tests.tooling.machines import Machines

TASK = {"job": "20260131T235959Z-0123456789ab", "index": 7, "fanin": "20260131T235959Z-0123456789ab", "slot": 7}
RESPONSE = {"errorMessage": "no", "errorType": "MyError", "requestId": "", "stackTrace": []}
CONTEXT = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
RAISES = "class MyError(Exception): pass\ndef handler(event, context): raise MyError('no')\n"
TELLS = """import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["URL"], MessageBody=json.dumps(event))
"""
TASK_TEXT = json.dumps({"token": "token", "task": {"a": 1}})


def raises(_event: Any, _context: Any) -> None:
    raise ValueError("no")


def recorded(machines: Machines, retries: int, reserved: int | None = None) -> dict[str, Any]:
    """The record that the local AWS makes of an event whose function fails."""
    telling = machines.function(TELLS, Environment={"Variables": {"URL": machines.url}})
    failing = machines.function(RAISES)
    destination = {"OnFailure": {"Destination": telling}}
    machines.functions.put_function_event_invoke_config(
        FunctionName=failing, MaximumRetryAttempts=retries, DestinationConfig=destination
    )
    if reserved is not None:
        machines.functions.put_function_concurrency(FunctionName=failing, ReservedConcurrentExecutions=reserved)
    machines.functions.invoke(FunctionName=failing, InvocationType="Event", Payload=json.dumps({"a": 1}))
    record: dict[str, Any] = json.loads(machines.message())
    return record


@holds("D1", against=HANDLERS)
def test_a_record_tells_the_task_and_why_it_failed() -> None:
    tasks, name, message = events.failed_tasks(invocations.failed(TASK, RESPONSE))
    assert ([task.index for task in tasks], name, message) == ([7], "MyError", "no")


@holds("D1", "D2", against=FAKES)
@pytest.mark.parametrize("retries", [0, 2])
def test_the_fake_tells_how_often_an_event_was_tried(retries: int) -> None:
    record = invocations.deliver(raises, TASK, retries)
    assert record is not None
    context = record["requestContext"]
    assert (record["version"], record["requestPayload"], record["responseContext"]) == ("1.0", TASK, CONTEXT)
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 1 + retries)
    assert record["responsePayload"]["errorType"] == "ValueError"


@holds("D1", "D2", against=LOCAL)
def test_the_local_aws_tells_how_often_an_event_was_tried(machines: Machines) -> None:
    record = recorded(machines, retries=0)
    context = record["requestContext"]
    assert (record["version"], record["requestPayload"], record["responseContext"]) == ("1.0", {"a": 1}, CONTEXT)
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 1)
    assert context["functionArn"].endswith(":$LATEST")
    assert record["responsePayload"]["errorType"] == "MyError"
    assert context["requestId"]


@holds("D3", against=HANDLERS)
def test_of_an_event_that_grew_too_old_the_last_attempt_is_told() -> None:
    assert events.failed_tasks(invocations.expired(TASK, RESPONSE))[1:] == ("MyError", "no")


@holds("D3", against=FAKES)
def test_the_fake_tells_the_last_attempt_of_an_event_that_grew_too_old() -> None:
    record = invocations.expired(TASK, RESPONSE)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert (record["requestContext"]["approximateInvokeCount"], record["responsePayload"]) == (1, RESPONSE)


@holds("D4", against=HANDLERS)
def test_an_event_that_nothing_may_run_for_is_told_by_its_condition() -> None:
    found = events.failed_tasks(invocations.reserved_none(TASK))
    assert found[1:] == ("ZeroReservedConcurrency", "ZeroReservedConcurrency")


@holds("D4", against=FAKES)
def test_the_fake_gives_up_at_once_what_nothing_may_run_for() -> None:
    function = Function(raises, reserved=0)
    function.send(TASK)
    (record,) = function.records
    assert {"responseContext", "responsePayload"} & {*record} == set()
    assert record["requestContext"]["approximateInvokeCount"] == 0


@holds("D4", against=LOCAL)
def test_the_local_aws_gives_up_what_nothing_may_run_for(machines: Machines) -> None:
    record = recorded(machines, retries=0, reserved=0)
    context = record["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("ZeroReservedConcurrency", 0)
    assert {"responseContext", "responsePayload"} & {*record} == set()


@holds("C9", against=FAKES)
def test_an_event_that_is_throttled_waits_and_was_no_attempt() -> None:
    seen: list[Any] = []
    function = Function(lambda event, _: seen.append(event), reserved=1)
    with function.running():
        for number in range(5):
            function.send({"n": number})
        assert (seen, len(function.waiting)) == ([], 5)
    assert (len(seen), function.waiting, function.records) == (5, [], [])


@holds("D1", against=FAKES)
@pytest.mark.parametrize("size", [1_000_000, 1_200_000])
def test_a_record_that_is_too_large_reaches_nobody(size: int) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    def fails(_event: Any, _context: Any) -> None:
        raise ValueError("x" * size)

    if size < invocations.MAX_PAYLOAD:
        assert invocations.deliver(fails, TASK) is not None
    else:
        with pytest.raises(RecordLost):
            invocations.deliver(fails, TASK)


def message(received: str, body: str = TASK_TEXT) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": received, "SentTimestamp": "1545082649183"}
    return {"messageId": "id", "body": body, "attributes": attributes}


@holds("D6", against=HANDLERS)
def test_how_often_a_message_was_received_is_read() -> None:
    found = records.queued({"Records": [message("2")]})
    assert [(one.message_id, one.received) for one in found] == [("id", 2)]


@holds("D6", "D8", against=LOCAL)
def test_the_local_aws_counts_receipts_and_keeps_a_dead_letters_id(machines: Machines) -> None:
    sqs = machines.local.client("sqs")
    dead = sqs.create_queue(QueueName=f"dead-{machines.url.rpartition('/')[2]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    sqs.set_queue_attributes(QueueUrl=machines.url, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    number = sqs.send_message(QueueUrl=machines.url, MessageBody="body")["MessageId"]
    wanted = {"QueueUrl": machines.url, "MessageSystemAttributeNames": ["ApproximateReceiveCount"]}
    counts = [sqs.receive_message(**wanted)["Messages"][0]["Attributes"]["ApproximateReceiveCount"] for _ in range(2)]
    assert counts == ["1", "2"]
    assert "Messages" not in sqs.receive_message(**wanted)
    (letter,) = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=5)["Messages"]
    assert (letter["MessageId"], letter["Body"]) == (number, "body")


@holds("D7", against=FAKES)
@pytest.mark.parametrize(
    ("answer", "again"),
    [
        ({}, []),
        (None, []),
        ({"batchItemFailures": []}, []),
        ({"batchItemFailures": [{"itemIdentifier": "first"}]}, ["first"]),
        ({"batchItemFailures": [{"itemIdentifier": "no such"}]}, ["first", "second"]),
        ({"batchItemFailures": [{}]}, ["first", "second"]),
    ],
)
def test_the_fake_brings_again_what_an_answer_names(answer: Any, again: list[str]) -> None:
    queue = Queue(max_receives=3)
    for name in ("first", "second"):
        queue.messages.append({**message("0"), "messageId": name})
    queue.poll(lambda _event, _context: answer)
    assert [one["messageId"] for one in queue.messages] == again


@holds("D8", against=FAKES)
def test_the_fake_counts_receipts_that_were_no_attempts() -> None:
    queue, attempts = Queue(max_receives=3), []

    def fails(event: Any, _context: Any) -> None:
        attempts.append(event)
        raise ValueError

    number = queue.send("body")
    for throttled in (True, True, False, False):
        queue.poll(None if throttled else fails)
    assert (len(attempts), queue.messages) == (1, [])
    assert [(one["messageId"], one["body"]) for one in queue.dead] == [(number, "body")]


@holds("D9", against=HANDLERS)
@pytest.mark.parametrize("raw", [True, False])
def test_a_dead_letter_of_a_topic_is_read_raw_or_in_an_envelope(raw: bool) -> None:
    envelope = {"Type": "Notification", "MessageId": "id", "Message": TASK_TEXT, "UnsubscribeURL": "https://sns"}
    assert messages.text(TASK_TEXT if raw else json.dumps(envelope)).token == "token"


@holds("D10", against=HANDLERS)
def test_a_notifications_text_is_read() -> None:
    sns = {"Type": "Notification", "MessageId": "id", "Message": TASK_TEXT, "Timestamp": "2025-10-06T10:00:00.000Z"}
    record = {"EventVersion": "1.0", "EventSource": "aws:sns", "Sns": {**sns, "UnsubscribeUrl": "https://sns"}}
    (found,) = records.published({"Records": [record]})
    assert (found.message_id, messages.text(found.body).content) == ("id", {"a": 1})


@holds("D11", against=HANDLERS)
def test_a_request_to_a_function_url_is_read_as_it_was_sent() -> None:
    body = base64.b64encode(b"\xff\x00").decode()
    http = {"method": "POST", "path": "/pa2%Fth/1", "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "x"}
    event = {
        "version": "2.0",
        "rawPath": "/pa2%Fth/1",
        "rawQueryString": "",
        "headers": {"content-type": "multipart/form-data; boundary=b"},
        "requestContext": {"http": http},
        "body": body,
        "isBase64Encoded": True,
    }
    request = function_url.request(event)
    assert (request.path, request.body) == ("/pa2%Fth/1", b"\xff\x00")
    assert request.headers["content-type"].startswith("multipart/form-data")
