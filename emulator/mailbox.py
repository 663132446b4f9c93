"""A mailbox for a topic's mails: a queue that is subscribed to it, because the local AWS sends no mail."""

import json
from dataclasses import dataclass
from typing import Any

from emulator.aws import LocalAws

NAME = "mailbox"


@dataclass(frozen=True)
class Mail:
    """What SNS would send by mail."""

    subject: str
    text: str


class Mailbox:
    """Subscribes to the topic; mails that it sent before are not in it."""

    def __init__(self, aws: LocalAws, topic_arn: str, name: str = NAME) -> None:
        self._sqs = aws.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        named = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn = named["Attributes"]["QueueArn"]
        policy = json.dumps(_may_send(topic_arn, arn))
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        aws.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    def close(self) -> None:
        """Delete it with its unread mails."""
        self._sqs.delete_queue(QueueUrl=self._url)

    def take(self) -> Mail | None:
        """Take the next mail out; wait for it for a second at the most."""
        got = self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=1).get("Messages", [])
        for message in got:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            notification = json.loads(message["Body"])
            return Mail(notification.get("Subject") or "", notification["Message"])
        return None


def _may_send(topic_arn: str, queue_arn: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
