import json
import math
from typing import Any

import pytest

from sfn_callback.aws import records
from sfn_callback.aws.records import Record
from sfn_callback.errors import InputInvalid
from sfn_callback.tasks import messages
from sfn_callback.tasks.messages import Task

PAYLOAD = {"task": {"n": 1}, "token": "secret", "heartbeat_seconds": 30}
TASK = Task({"n": 1}, "secret", 30)
BODY = json.dumps(PAYLOAD)
ENVELOPE = json.dumps({"Type": "Notification", "MessageId": "1", "TopicArn": "arn", "Message": BODY})


def test_a_payload_is_a_task() -> None:
    assert messages.task(PAYLOAD) == TASK


def test_a_task_without_heartbeats_has_none() -> None:
    assert messages.task({"task": {}, "token": "secret"}).heartbeat_seconds == 0


@pytest.mark.parametrize("body", [BODY, ENVELOPE])
def test_raw_and_wrapped_delivery_are_understood(body: str) -> None:
    assert messages.text(body) == TASK


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("text", "must be a JSON object, not a string"),
        ({"task": {}}, 'must have a "token"'),
        ({"task": {}, "token": ""}, 'must have a "token"'),
        ({"task": {}, "token": ["secret"]}, 'must have a "token"'),
        ({"task": {}, "token": "secret" * 342}, 'must have a "token" of 1 to 2,048 characters'),
    ],
)
def test_what_has_no_token_is_refused_and_the_token_not_shown(payload: Any, message: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        messages.task(payload)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"token": "secret"}, '"task" must be a JSON object, not null'),
        ({"task": [1], "token": "secret"}, '"task" must be a JSON object, not an array'),
        (
            {"task": {}, "token": "secret", "heartbeat_seconds": "often"},
            '"heartbeat_seconds" must be a non-negative number',
        ),
    ],
)
def test_what_has_a_token_is_a_task_with_its_problem(payload: Any, problem: str) -> None:
    task = messages.task(payload)
    assert problem in task.problem
    assert (task.token, task.heartbeat_seconds) == ("secret", 0)


@pytest.mark.parametrize("body", ["not json secret", '{"Type": "Notification", "Message": "not json secret"}'])
def test_a_body_that_is_not_json_is_refused_and_not_shown(body: str) -> None:
    with pytest.raises(InputInvalid, match="The message is not JSON") as caught:
        messages.text(body)
    assert "secret" not in str(caught.value)


def sqs(**fields: Any) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "2", "SentTimestamp": "1767225600500"}
    return {"messageId": "m1", "body": BODY, "attributes": attributes, **fields}


def test_sns_and_sqs_events_are_read() -> None:
    said = {"MessageId": "n1", "Message": BODY, "Timestamp": "2026-01-01T00:00:00.500Z"}
    assert records.published({"Records": [{"EventSource": "aws:sns", "Sns": said}]}) == [
        Record("n1", BODY, 1, 1_767_225_600.5)
    ]
    assert records.queued({"Records": [sqs()]}) == [Record("m1", BODY, 2, 1_767_225_600.5)]


ODD: list[Any] = [None, 7, {"secret": 1}, ["secret"], ""]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["messageId", "body", "attributes"])
def test_one_bad_message_takes_no_other_with_it(name: str, odd: Any) -> None:
    bad, good = records.queued({"Records": [sqs(**{name: odd}), sqs()]})
    assert good == Record("m1", BODY, 2, 1_767_225_600.5)
    assert (bad.message_id, bad.body) == ("" if name == "messageId" else "m1", "" if name == "body" else BODY)
    assert (bad.received, bad.sent) == ((2, math.inf) if name == "attributes" else (2, 1_767_225_600.5))


@pytest.mark.parametrize("odd", [*ODD, "often", "-1", "٣x", "9" * 5_000])
def test_what_cannot_be_counted_is_asked_for_first(odd: Any) -> None:
    attributes = {"ApproximateReceiveCount": odd, "SentTimestamp": odd}
    (one,) = records.queued({"Records": [sqs(attributes=attributes)]})
    assert one.received > 1


@pytest.mark.parametrize("bad", [None, {}, {"Sns": "secret"}, {"Sns": {"Message": 7}}])
def test_one_bad_notification_takes_no_other_with_it(bad: Any) -> None:
    good = {"Sns": {"Message": BODY, "Timestamp": "yesterday"}}
    assert records.published({"Records": [bad, good]}) == [Record("", ""), Record("", BODY)]


@pytest.mark.parametrize("read", [records.published, records.queued])
@pytest.mark.parametrize(
    ("event", "shape"),
    [
        ({"a": "secret"}, r"its fields are \['a'\]"),
        ({"Records": [{"s3": {}}]}, r"its fields are \['Records'\]"),
        ({"Records": 7}, r"its fields are \['Records'\]"),
        (["secret"], "it is an array"),
        ("secret", "it is a string"),
        (None, "it is null"),
    ],
)
def test_an_event_of_another_kind_is_refused_and_not_shown(read: Any, event: Any, shape: str) -> None:
    with pytest.raises(InputInvalid, match=shape) as caught:
        read(event)
    assert "secret" not in str(caught.value)


def test_no_representation_shows_the_token() -> None:
    (record,) = records.queued(
        {"Records": [{"messageId": "m1", "body": BODY, "attributes": {"ApproximateReceiveCount": "1"}}]}
    )
    assert "secret" not in repr(TASK) + repr(record)
