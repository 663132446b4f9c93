"""The local AWS tells of an object by its name, as AWS does."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from local.aws import LocalAws
from tests.local.conftest import NewBucket
from tests.local.test_listings import KEYS

NewQueue = Callable[[str], tuple[str, str]]


def told(local_aws: LocalAws, url: str) -> list[dict[str, Any]]:
    """What a queue is told of the objects: of each once, and of no test."""
    sqs, bodies = local_aws.client("sqs"), list[dict[str, Any]]()
    for _ in KEYS:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", []):
            bodies.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        if len(found := [body for body in bodies if body.get("Event") != "s3:TestEvent"]) >= len(KEYS):
            return found
    raise TimeoutError("not all messages have come")


def test_a_notification_has_the_name_as_a_form_would_send_it(
    local_aws: LocalAws, s3: Any, new_bucket: NewBucket, new_queue: NewQueue
) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    name, (url, arn) = new_bucket(), new_queue("notified")
    wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": [wanted]})
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key)
    bodies = told(local_aws, url)
    keys = {record["s3"]["object"]["key"] for body in bodies for record in body["Records"]}
    assert {unquote_plus(key) for key in keys} == {*KEYS}
    assert {"a+b", "a%2Bb", "a%25b", "a%40b", "%C3%A9/%C3%BC"} <= keys


def test_eventbridge_has_the_name_as_it_is_and_the_version(
    local_aws: LocalAws, s3: Any, new_bucket: NewBucket, new_queue: NewQueue
) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    name, (url, arn) = new_bucket(), new_queue("ruled")
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    events = local_aws.client("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}
    events.put_rule(Name="created", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="created", Targets=[{"Id": "queue", "Arn": arn}])
    versions = {key: s3.put_object(Bucket=name, Key=key)["VersionId"] for key in KEYS}
    objects = [body["detail"]["object"] for body in told(local_aws, url)]
    assert {one["key"]: one.get("version-id") for one in objects} == versions
