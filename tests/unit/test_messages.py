import json
from typing import Any

import pytest

from sfn_callback import messages
from sfn_callback.errors import InputInvalid
from sfn_callback.messages import Task

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
        ("text", "must be a JSON object, not a str"),
        ({"task": {}}, 'has no "token"'),
        ({"task": {}, "token": ""}, 'has no "token"'),
        ({"task": {}, "token": ["secret"]}, 'has no "token"'),
        ({"token": "secret"}, '"task" must be a JSON object'),
        ({"task": {}, "token": "secret", "heartbeat_seconds": "often"}, '"heartbeat_seconds" must be a number'),
    ],
)
def test_what_is_no_task_is_refused_and_the_token_not_shown(payload: Any, message: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        messages.task(payload)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", ["not json secret", '{"Type": "Notification", "Message": "not json secret"}'])
def test_a_body_that_is_not_json_is_refused_and_not_shown(body: str) -> None:
    with pytest.raises(InputInvalid, match="The message is not JSON") as caught:
        messages.text(body)
    assert "secret" not in str(caught.value)


def test_sns_and_sqs_events_are_read() -> None:
    assert messages.published({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": BODY}}]}) == [TASK]
    event = {"Records": [{"messageId": "m1", "body": BODY, "attributes": {"ApproximateReceiveCount": "2"}}]}
    (record,) = messages.queued(event)
    assert (record.message_id, record.body, record.received) == ("m1", BODY, 2)


@pytest.mark.parametrize("read", [messages.published, messages.queued])
@pytest.mark.parametrize("event", [{"a": "secret"}, {"Records": [{"s3": {}}]}, {"Records": 7}])
def test_an_event_of_another_kind_is_refused_and_not_shown(read: Any, event: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid, match=r"its fields are \[") as caught:
        read(event)
    assert "secret" not in str(caught.value)


def test_no_representation_shows_the_token() -> None:
    (record,) = messages.queued(
        {"Records": [{"messageId": "m1", "body": BODY, "attributes": {"ApproximateReceiveCount": "1"}}]}
    )
    assert "secret" not in repr(TASK) + repr(record)
