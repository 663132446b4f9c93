"""Objects: what is told of them, and how they are read; and items whose condition is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.aws import LocalAws
from sfn_callback.aws import s3_events
from sfn_callback.aws.s3_events import S3Object
from tests.recorded.facts import HANDLERS, LOCAL, holds
from tests.tooling.conftest import NewBucket
from tests.tooling.machines import refusal, until

NewQueue = Callable[[str], tuple[str, str]]


def notified(key: str, name: str = "ObjectCreated:Put", **fields: Any) -> dict[str, Any]:
    """A notification of one record."""
    told = {"key": key, "size": 10, "eTag": "437b930db84b8079c2dd804a71936b5f", "sequencer": "0055AED6DCD90281E5"}
    s3 = {"s3SchemaVersion": "1.0", "bucket": {"name": "docs"}, "object": {**told, **fields}}
    return {"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": name, "s3": s3}]}


@holds("E1", against=HANDLERS)
@pytest.mark.parametrize(("told", "key"), [("a%40b", "a@b"), ("a+b", "a b"), ("a%2Bb", "a+b"), ("a%25b", "a%b")])
def test_a_notifications_key_is_read_as_a_form_is(told: str, key: str) -> None:
    assert [one.key for one in s3_events.objects(notified(told))] == [key]


@holds("E2", against=HANDLERS)
@pytest.mark.parametrize("version", [None, "5CpS3yHnQwWC"])
def test_a_notification_is_read_with_and_without_a_version(version: str | None) -> None:
    fields = {"versionId": version} if version else {}
    assert s3_events.objects(notified("a", **fields)) == [S3Object("docs", "a", 10, version, "0055AED6DCD90281E5")]


@holds("E3", against=HANDLERS)
@pytest.mark.parametrize("name", ["Put", "Copy", "CompleteMultipartUpload", "Post"])
def test_each_way_to_make_an_object_makes_one(name: str) -> None:
    assert len(s3_events.objects(notified("a", f"ObjectCreated:{name}"))) == 1


@holds("E3", against=HANDLERS)
@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "ObjectAcl:Put"])
def test_what_happens_to_an_object_later_makes_none(name: str) -> None:
    assert s3_events.objects(notified("a", name)) == []


@holds("E4", against=HANDLERS)
def test_eventbridge_is_read_as_it_tells() -> None:
    entry = {"key": "a b", "size": 10, "etag": "437b930db84b8079c2dd804a71936b5f", "sequencer": "0055AED6DCD90281E5"}
    detail = {"version": "0", "bucket": {"name": "docs"}, "object": entry, "reason": "PutObject", "request-id": "r"}
    event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    assert s3_events.objects(event) == [S3Object("docs", "a b", 10, None, "0055AED6DCD90281E5")]
    entry["version-id"] = "v"
    assert s3_events.objects(event)[0].version == "v"


@holds("E1", "E2", "E3", against=LOCAL)
@pytest.mark.parametrize("versions", [True, False])
def test_the_local_aws_tells_of_an_object_as_aws_does(
    local_aws: LocalAws, s3: Any, new_bucket: NewBucket, new_queue: NewQueue, *, versions: bool
) -> None:
    bucket, (url, arn) = new_bucket(versions=versions), new_queue(f"told-{versions}")
    wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]})
    version = s3.put_object(Bucket=bucket, Key="a@b c", Body=b"x").get("VersionId")
    s3.delete_object(Bucket=bucket, Key="a@b c")
    first, second = _records(local_aws, url, 2)
    told = first["s3"]["object"]
    assert (first["eventName"], told["key"], told.get("versionId")) == ("ObjectCreated:Put", "a%40b+c", version)
    assert ('"' in told["eTag"], bool(told["sequencer"])) == (False, True)
    assert second["eventName"].startswith("ObjectRemoved:Delete")
    assert s3_events.objects({"Records": [first, second]}) == [
        S3Object(bucket, "a@b c", 1, version, told["sequencer"]),
    ]


def _records(local_aws: LocalAws, url: str, count: int) -> list[dict[str, Any]]:
    sqs, found = local_aws.client("sqs"), list[dict[str, Any]]()

    def look() -> list[dict[str, Any]] | None:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.extend(json.loads(message["Body"]).get("Records", []))
        return sorted(found, key=lambda one: str(one["eventName"])) if len(found) >= count else None

    return until(look)


@holds("E6", against=LOCAL)
def test_the_local_aws_tells_the_item_of_a_refused_condition(local_aws: LocalAws) -> None:
    client = local_aws.client("dynamodb")
    client.create_table(
        TableName="recorded",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    item = {"pk": {"S": "a"}, "n": {"N": "1"}}
    client.put_item(TableName="recorded", Item=item)
    with pytest.raises(ClientError) as raised:
        client.update_item(
            TableName="recorded",
            Key={"pk": {"S": "a"}},
            UpdateExpression="SET n = :n",
            ConditionExpression="n = :other",
            ExpressionAttributeValues={":n": {"N": "2"}, ":other": {"N": "3"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    answer: Any = raised.value.response
    assert (answer["Error"]["Code"], answer["Item"]) == ("ConditionalCheckFailedException", item)


@holds("E7", against=LOCAL)
def test_the_local_aws_reads_no_other_object_than_the_one_that_is_asked_for(s3: Any, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket(), "Key": "a"}
    s3.put_object(**place, Body=b"x")
    nothing = {**place, "Key": "b"}
    assert refusal(s3.get_object, **place, IfMatch='"other"') == "PreconditionFailed"
    assert refusal(s3.head_object, **place, IfMatch='"other"') == "412"
    assert (refusal(s3.head_object, **nothing), refusal(s3.get_object, **nothing)) == ("404", "NoSuchKey")
