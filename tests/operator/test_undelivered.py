"""``undelivered``: what nobody could handle is listed, shown without secrets, sent again, or deleted."""

import json
from typing import Any

import boto3
import pytest

from sfn_callback_operator import aws
from sfn_callback_operator.actions import undelivered_queue
from testing.environment import BUCKET
from testing.task_tokens import refusal
from tests.operator.conftest import Desk, Ran

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:docs-chunk-failed:live"
TOKEN = "AAAAKgAAAAIAAAAAAAAAAf+" + "b/c=" * 40
JOB = "20260131T235959Z-0123456789ab"


def s3_event(key: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "sequencer": "0055AED6DCD90281E5"}},
            }
        ]
    }


CHUNK_LOST = {
    "requestContext": {"functionArn": FUNCTION, "condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": {
        "requestPayload": s3_event(f"chunks/{JOB}/00000007"),
        "responsePayload": {"errorType": "RuntimeError", "errorMessage": "this chunk fails"},
    },
    "responsePayload": {"errorType": "TableGone", "errorMessage": "the ledger is not there"},
}
TASK_LOST = {"task": {"pages": [1, 2]}, "token": TOKEN}


class Sqs:
    """SQS on moto, which does not say of a dead letter in which queue it was received in vain."""

    def __init__(self) -> None:
        self._client = boto3.client("sqs")
        self.moved: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def receive_message(self, **given: Any) -> Any:
        said = self._client.receive_message(**given)
        for message in said.get("Messages", []):
            if message["MessageId"] in self.moved and "All" in given.get("AttributeNames", ()):
                message["Attributes"]["DeadLetterQueueSourceArn"] = self.moved[message["MessageId"]]
        return said


class Queues:
    """The deployment's queues."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        names = ("undelivered", "tasks", "tasks-dead", "starts")
        self.urls = {name: self.sqs.create_queue(QueueName=f"docs-{name}")["QueueUrl"] for name in names}

    def arn(self, name: str) -> str:
        said = self.sqs.get_queue_attributes(QueueUrl=self.urls[name], AttributeNames=["QueueArn"])
        return str(said["Attributes"]["QueueArn"])

    def dead_letter(self, source: str, body: object) -> None:
        """A message that was received in vain in a queue, and that SQS moves."""
        policy = {"deadLetterTargetArn": self.arn("undelivered"), "maxReceiveCount": 1}
        url = self.urls[source]
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))
        self.sqs.moved[sent["MessageId"]] = self.arn(source)
        for _ in range(2):
            self.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)

    def put(self, body: object, **attributes: str) -> str:
        told: Any = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
        sent = self.sqs.send_message(
            QueueUrl=self.urls["undelivered"], MessageBody=json.dumps(body), MessageAttributes=told
        )
        return str(sent["MessageId"])

    def bodies(self, name: str) -> list[Any]:
        said = self.sqs.receive_message(QueueUrl=self.urls[name], MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in said.get("Messages", [])]


@pytest.fixture
def queues(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Queues:
    sqs, others = Sqs(), aws.client
    monkeypatch.setattr(aws, "client", lambda name: sqs if name == "sqs" else others(name))
    return Queues(sqs)


def test_nothing_is_said_to_be_there(desk: Desk, queues: Queues) -> None:
    ran = desk.run("undelivered")
    assert (ran.code, ran.out) == (0, "docs has no undelivered messages.\n")


def test_each_kind_says_what_it_is_about_and_why_it_is_there(desk: Desk, queues: Queues) -> None:
    queues.put(CHUNK_LOST)
    queues.dead_letter("starts", s3_event("documents/a.txt"))
    queues.dead_letter("tasks", TASK_LOST)
    target = FUNCTION.replace("chunk-failed", "process")
    queues.put(s3_event(f"chunks/{JOB}/00000003"), TARGET_ARN=target, ERROR_CODE="NO_PERMISSIONS", RULE_ARN="arn:rule")
    rows = {row["about"]: row for row in desk.json("undelivered")}
    assert set(rows) == {f"chunk 7 of {JOB}", "documents/a.txt", "a task", f"chunk 3 of {JOB}"}
    assert rows[f"chunk 7 of {JOB}"]["why"] == "TableGone: the ledger is not there"
    assert rows[f"chunk 7 of {JOB}"]["to"] == "docs-chunk-failed:live"
    assert rows["documents/a.txt"]["to"] == "docs-starts"
    assert rows["a task"]["to"] == "docs-tasks"
    assert rows[f"chunk 3 of {JOB}"]["why"] == "NO_PERMISSIONS"
    assert rows[f"chunk 3 of {JOB}"]["to"] == "docs-process:live"
    assert TOKEN not in desk.run("undelivered").out
    assert len(queues.bodies("undelivered")) == 4, "They are visible to whoever looks next."


def test_a_message_is_shown_without_its_token(desk: Desk, queues: Queues) -> None:
    queues.dead_letter("tasks", {"Message": json.dumps(TASK_LOST), "token": TOKEN})
    (row,) = desk.json("undelivered")
    shown = desk.run("undelivered", row["message"])
    assert shown.code == 0
    assert TOKEN not in shown.out + shown.err
    assert "pages" in shown.out
    assert "a token, fingerprint" in shown.out


CHUNK_TOKEN = "nmftqchummkvvan3aaaaaaaaaaaaaaaaaaaaaaak6esf3outcb4glm7ptbyylgcn"


@pytest.mark.parametrize("content", [{"token": CHUNK_TOKEN, "result": "x"}, f'{{"token": "{CHUNK_TOKEN}", "result'])
def test_a_report_is_shown_without_its_chunk_token_even_where_it_is_no_json(
    desk: Desk, queues: Queues, content: Any
) -> None:
    queues.dead_letter("tasks", content)
    (row,) = desk.json("undelivered")
    assert row["about"] == ("a report of a chunk" if isinstance(content, dict) else "a task")
    shown = desk.run("undelivered", row["message"])
    assert CHUNK_TOKEN not in shown.out + shown.err
    assert "a token, fingerprint" in shown.out


def ran_all(desk: Desk, *what: str) -> Ran:
    return desk.run("undelivered", "--all", *what)


def test_what_is_sent_again_goes_to_where_it_was_to_go(desk: Desk, queues: Queues) -> None:
    queues.put(CHUNK_LOST)
    queues.dead_letter("tasks", TASK_LOST)
    queues.sqs.set_queue_attributes(QueueUrl=queues.urls["tasks"], Attributes={"RedrivePolicy": ""})
    handed: list[Any] = []
    desk.functions.invoke = lambda **given: handed.append(given) or {"StatusCode": 202}  # type: ignore[method-assign,func-returns-value]
    ran = ran_all(desk, "--replay")
    assert (ran.code, ran.err.strip()) == (0, "Sent 2 messages again.")
    assert handed[0]["FunctionName"] == "docs-chunk-failed:live"
    assert handed[0]["InvocationType"] == "Event"
    assert json.loads(handed[0]["Payload"]) == CHUNK_LOST["requestPayload"]
    assert queues.bodies("tasks") == [TASK_LOST]
    assert queues.bodies("undelivered") == []


def test_what_cannot_be_sent_again_stays_and_says_so(desk: Desk, queues: Queues) -> None:
    queues.put({"status": "FAILED"}, TARGET_ARN="arn:aws:sns:eu-central-1:123456789012:others", ERROR_CODE="X")
    queues.put(CHUNK_LOST | {"requestContext": {"functionArn": FUNCTION.replace("docs-", "others-")}})
    ran = ran_all(desk, "--replay")
    assert ran.code == 1
    assert "others" in ran.err
    assert len(queues.bodies("undelivered")) == 2


def test_what_is_deleted_is_gone_and_has_to_be_meant(desk: Desk, queues: Queues) -> None:
    first, second = queues.put(CHUNK_LOST), queues.put(CHUNK_LOST)
    refused = desk.run("undelivered", first[:8], "--delete")
    assert refused.code == 2
    assert "Delete 1 message? This is docs in account" in refused.err
    assert desk.run("undelivered", first[:8], "--delete", "--yes").code == 0
    assert [row["message"] for row in desk.json("undelivered")] == [second]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--replay",), 2, "--all"),
        (("--all",), 2, "--replay or --delete"),
        (("--all", "--replay", "--delete"), 2, "mutually exclusive"),
        (("00000000",), 3, "no message 00000000"),
        (("--all", "abc", "--delete"), 2, "--all"),
    ],
)
def test_a_command_that_is_not_clear_does_nothing(
    desk: Desk, queues: Queues, arguments: tuple[str, ...], code: int, says: str
) -> None:
    queues.put(CHUNK_LOST)
    ran = desk.run("undelivered", *arguments)
    assert ran.code == code
    assert says in ran.err
    assert len(queues.bodies("undelivered")) == 1


def test_more_than_a_few_are_listed_and_counted(desk: Desk, queues: Queues) -> None:
    for number in range(25):
        queues.put(s3_event(f"documents/{number}"), TARGET_ARN=FUNCTION, ERROR_CODE="X")
    ran = desk.run("undelivered", "--limit", "20")
    assert ran.out.count("documents/") == 20
    assert "more" in ran.err
    assert len(desk.json("undelivered")) == 25


def test_no_text_shows_a_token(desk: Desk, queues: Queues) -> None:
    said = {"errorType": "Odd", "errorMessage": f"cannot read {TOKEN} of it"}
    queues.put(CHUNK_LOST | {"responsePayload": said})
    queues.sqs.send_message(QueueUrl=queues.urls["undelivered"], MessageBody=f"no JSON: token={TOKEN}!")
    rows = desk.json("undelivered")
    shown = desk.run("undelivered", *(row["message"] for row in rows))
    assert TOKEN not in json.dumps(rows) + shown.out + desk.run("undelivered").out
    assert "cannot read (a token, fingerprint" in shown.out


def test_a_record_with_a_text_as_its_answer_hides_no_other(desk: Desk, queues: Queues) -> None:
    queues.put(CHUNK_LOST | {"responsePayload": "timed out", "requestContext": None})
    queues.put(CHUNK_LOST)
    assert len(desk.json("undelivered")) == 2


def test_one_that_aws_refuses_stops_no_other(desk: Desk, queues: Queues) -> None:
    for handler in ("gone", "chunk-failed"):
        context = {"functionArn": FUNCTION.replace("chunk-failed", handler)}
        queues.put(CHUNK_LOST | {"requestContext": context})
    sent: list[str] = []

    def invoke(**given: Any) -> dict[str, Any]:
        if "gone" in given["FunctionName"]:
            raise refusal("Invoke", "ResourceNotFoundException")
        sent.append(given["FunctionName"])
        return {"StatusCode": 202}

    desk.functions.invoke = invoke  # type: ignore[method-assign]
    ran = ran_all(desk, "--replay")
    assert (ran.code, sent) == (1, ["docs-chunk-failed:live"])
    assert "ResourceNotFoundException" in ran.err
    assert "Sent 1 message again." in ran.err
    assert len(queues.bodies("undelivered")) == 1


def test_a_queue_that_never_looks_empty_has_an_end(desk: Desk, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    # As when looking takes longer than messages are hidden.
    monkeypatch.setattr(undelivered_queue, "HIDDEN_SECONDS", 0)
    for number in range(5):
        queues.put(s3_event(f"documents/{number}"), TARGET_ARN=FUNCTION, ERROR_CODE="X")
    assert len(desk.json("undelivered")) == 5


def test_a_deployment_without_the_queue_says_so(desk: Desk) -> None:
    ran = desk.run("undelivered")
    assert ran.code == 3
    assert "docs-undelivered" in ran.err
