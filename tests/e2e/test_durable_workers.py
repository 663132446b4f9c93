"""The queue's worker answers a durable function, beside nobody who takes messages out of that queue."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Instance, Stack
from tests.e2e.support.durable import Durable, durable
from tests.e2e.support.workers import DONE, FAILS, queue

__all__ = ["durable", "queue"]


@pytest.fixture
def sender(stack: Stack, durable: Durable, queue: Instance) -> Iterator[str]:
    """The queue's URL, for a durable function that may send to it."""
    url: str = queue.outputs["queue_url"]
    arn = queue.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role = durable.functions.get_function_configuration(FunctionName=durable.function)["Role"].rpartition("/")[2]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    policy, iam = json.dumps({"Version": "2012-10-17", "Statement": [statement]}), stack.local.client("iam")
    iam.put_role_policy(RoleName=role, PolicyName="send", PolicyDocument=policy)
    yield url
    iam.delete_role_policy(RoleName=role, PolicyName="send")


def test_a_queues_worker_answers_a_durable_function(durable: Durable, sender: str) -> None:
    ended = durable.comes_to(durable.starts("queue", queue_url=sender, task=DONE))
    assert (ended.status, json.loads(ended.result)["done"]) == ("SUCCEEDED", True)


def test_a_queues_worker_fails_a_durable_function_by_a_name(durable: Durable, sender: str) -> None:
    ended = durable.comes_to(durable.starts("queue", queue_url=sender, task={**FAILS, "error": "NoMoreInk"}))
    assert ended.status == "FAILED"
