"""The local AWS tells of an object by its name, as AWS does."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from emulator.aws import LocalAws
from tests.tooling.conftest import NewBucket
from tests.tooling.test_listings import KEYS

NewQueue = Callable[[str], tuple[str, str]]


def deliveries(local_aws: LocalAws, url: str) -> list[dict[str, Any]]:
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
    bodies = deliveries(local_aws, url)
    keys = {record["s3"]["object"]["key"] for body in bodies for record in body["Records"]}
    assert {unquote_plus(key) for key in keys} == {*KEYS}
    assert {"a+b", "a%2Bb", "a%25b", "a%40b", "%C3%A9/%C3%BC"} <= keys


def test_a_queue_takes_what_a_rule_tells_only_where_its_policy_names_the_rule(
    local_aws: LocalAws, new_queue: NewQueue
) -> None:
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions
    (url, arn), events, sqs = new_queue("guarded"), local_aws.client("events"), local_aws.client("sqs")
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    ours = "arn:aws:events:eu-central-1:000000000000:rule/ours"
    policy["Statement"][0]["Condition"] = {"ArnEquals": {"aws:SourceArn": ours}}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    for rule in ("theirs", "ours"):
        events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
        events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
        events.put_events(Entries=[{"Source": rule, "DetailType": "any", "Detail": "{}"}])
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["source"] == "ours"


def test_a_service_is_let_in_by_a_policy_that_refuses_other_accounts_and_plain_http(
    s3: Any, local_aws: LocalAws, new_bucket: NewBucket, new_queue: NewQueue
) -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    name, (url, arn), sqs = new_bucket(), new_queue("refusing"), local_aws.client("sqs")
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    refused = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    others = {
        "StringNotEqualsIfExists": {"aws:PrincipalAccount": "000000000000"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    policy["Statement"] += [{**refused, "Condition": others}, {**refused, "Condition": plain}]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": [wanted]})
    (test,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert json.loads(test["Body"])["Event"] == "s3:TestEvent"


def test_a_test_message_comes_before_the_first_event_and_the_prefix_counts(
    s3: Any, local_aws: LocalAws, new_bucket: NewBucket, new_queue: NewQueue
) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    name, (url, arn) = new_bucket(), new_queue("tested")
    rules = [{"Name": "prefix", "Value": "documents/"}]
    wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": [wanted]})
    for key in ("elsewhere/a", "documents/a b+c"):
        s3.put_object(Bucket=name, Key=key)
    sqs, bodies = local_aws.client("sqs"), list[dict[str, Any]]()
    while len(bodies) < 2:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
        bodies += [json.loads(message["Body"]) for message in received]
    test, created = bodies
    assert (test["Event"], test["Bucket"], "Records" in test) == ("s3:TestEvent", name, False)
    assert [record["s3"]["object"]["key"] for record in created["Records"]] == ["documents/a+b%2Bc"]


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
    objects = [body["detail"]["object"] for body in deliveries(local_aws, url)]
    assert {one["key"]: one.get("version-id") for one in objects} == versions
