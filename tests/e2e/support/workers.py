"""The instances of direct, queue and topic, and what can be done to their queue."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.e2e.conftest import Instance, Stack, instance_fixture, wait_for

WORKERS = ["direct", "queue", "topic"]
DONE = {"done_chance": 1}
FAILS = {"done_chance": 0, "fail_chance": 1}
RAISES = {"done_chance": 0, "fail_chance": 0}


direct, queue, topic = map(instance_fixture, WORKERS)


@dataclass(frozen=True)
class Lasting:
    """The ARNs of executions that only a timeout ends."""

    forgotten: str
    """Its worker crashes where the local SNS forgets it."""
    unconsumed: str
    """Somebody takes its message who never answers."""
    slow: Mapping[str, str]
    """Their tasks take longer than their functions may, by workflow."""


@pytest.fixture(scope="module", autouse=True)
def lasting(stack: Stack) -> Lasting:
    """What lasts long, begun by the first file of a process, so that the tests pass while it waits."""
    return _begun(stack)


@cache
def _begun(stack: Stack) -> Lasting:
    topic, queue = stack.instances["topic"], stack.instances["queue"]
    forgotten = topic.begin(crash=True)
    with nobody_consumes(queue):
        unconsumed, _ = handed_over(queue)
    slow = {workflow: stack.instances[workflow].begin(**DONE, sleep_seconds=28.5) for workflow in WORKERS}
    return Lasting(forgotten, unconsumed, slow)


@pytest.fixture
def impatient_queue(queue: Instance) -> Iterator[str]:
    """The tasks queue, with a message visible again after a second instead of a minute."""
    url: str = queue.outputs["queue_url"]
    attribute = "VisibilityTimeout"
    before = queue.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
    queue.sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: "1"})
    yield url
    queue.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@pytest.fixture
def no_queue_worker(queue: Instance) -> Iterator[Instance]:
    """The instance, whose queue nobody consumes."""
    with nobody_consumes(queue):
        yield queue


@contextmanager
def nobody_consumes(queue: Instance) -> Iterator[None]:
    """Have nobody consume the queue."""
    name = f"{queue.outputs['function_names']['queue_worker']}:live"
    (mapping,) = queue.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    queue.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    wait_for(lambda: queue.functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Disabled")
    # A poll that saw it enabled may still be on its way.
    time.sleep(2)
    try:
        yield
    finally:
        queue.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        wait_for(lambda: queue.functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled")


def handed_over(instance: Instance, **task: Any) -> tuple[str, dict[str, Any]]:
    """Begin an execution and take its message out of the queue, as a worker outside Lambda; return its ARN and that."""
    mark = uuid.uuid4().hex
    return instance.begin(**task, mark=mark), wait_for(lambda: _taken(instance, mark))


def _taken(instance: Instance, mark: str) -> dict[str, Any] | None:
    place = {"QueueUrl": instance.outputs["queue_url"]}
    received = instance.sqs.receive_message(**place, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
    ours = None
    for message in received:
        handle, content = message["ReceiptHandle"], json.loads(message["Body"])
        if isinstance(content["task"], dict) and content["task"].get("mark") == mark:
            instance.sqs.delete_message(**place, ReceiptHandle=handle)
            ours = content
        else:
            # The durable function's, say, or one that a worker was too slow for.
            instance.sqs.change_message_visibility(**place, ReceiptHandle=handle, VisibilityTimeout=0)
    return ours
