"""What could leave the machines of direct, queue and topic waiting, and how it ends, on the local AWS.

What that cannot show is in tests/functional/test_stalls_of_workers.py; docs/failure-handling.md has the whole table.
"""

import json

import pytest

from tests.e2e.conftest import Instance, Stack, wait_for
from tests.e2e.support.workers import (
    WORKERS,
    Lasting,
    direct,
    handed_over,
    impatient_queue,
    lasting,
    no_queue_worker,
    queue,
    topic,
)

__all__ = ["direct", "impatient_queue", "lasting", "no_queue_worker", "queue", "topic"]


def test_direct_worker_crash_fails_the_machine_at_once(direct: Instance) -> None:
    execution = direct.run(crash=True)
    assert (execution.status, execution.error) == ("FAILED", "Runtime.ExitError")
    assert execution.states.count("UnexpectedFailure") == 1


@pytest.mark.parametrize("workflow", WORKERS)
def test_worker_timeout_is_told_before_the_function_ends(stack: Stack, lasting: Lasting, workflow: str) -> None:
    execution = stack.instances[workflow].ended(lasting.slow[workflow])
    assert (execution.status, execution.error) == ("FAILED", "WorkerTimedOut")


@pytest.mark.usefixtures("impatient_queue")
def test_queue_worker_crash_makes_a_dead_letter_that_fails_the_machine(queue: Instance) -> None:
    execution = queue.run(crash=True)
    assert (execution.status, execution.error) == ("FAILED", "DeadLettered")


def test_topic_worker_crash_fails_the_machine(no_queue_worker: Instance, topic: Instance) -> None:
    arn, message = handed_over(no_queue_worker, crash=True)
    # The local SNS delivers once and forgets; Lambda's own asynchronous invocation is what SNS uses on AWS.
    notification = {"Sns": {"Type": "Notification", "Message": json.dumps(message)}}
    topic.invoke("topic_worker", {"Records": [notification]})
    execution = no_queue_worker.ended(arn)
    assert execution.status == "FAILED"
    assert "Worker process died" in execution.cause


def test_notification_that_sns_could_not_deliver_fails_the_machine(no_queue_worker: Instance, topic: Instance) -> None:
    arn, message = handed_over(no_queue_worker)
    envelope = {"Type": "Notification", "Message": json.dumps(message)}
    url = topic.sqs.get_queue_url(QueueName="sfn-callback-topic-notifications-dead")["QueueUrl"]
    topic.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(envelope))
    execution = no_queue_worker.ended(arn)
    assert (execution.status, execution.error) == ("FAILED", "DeadLettered")


@pytest.mark.parametrize("workflow", WORKERS)
def test_task_that_is_no_object_fails_the_machine_at_once(stack: Stack, workflow: str) -> None:
    instance = stack.instances[workflow]
    before = len(_refusals(instance, workflow))
    arn = instance.machines.start_execution(stateMachineArn=instance.machine, input="[1, 2]")["executionArn"]
    execution = instance.ended(arn)
    assert (execution.status, execution.error) == ("FAILED", "InputInvalid")
    *_, newest = wait_for(lambda: found if len(found := _refusals(instance, workflow)) > before else None)
    assert "must be a JSON object, not an array" in execution.cause
    assert 'The message\'s "task" must be a JSON object, not an array.' in newest


def test_message_that_nobody_consumes_ends_with_the_wait(queue: Instance, lasting: Lasting) -> None:
    execution = queue.ended(lasting.unconsumed)
    assert (execution.status, execution.error) == ("FAILED", "Timeout")
    assert execution.states.count("WorkerSilent") == 1


def test_notification_that_never_came_ends_with_the_wait(topic: Instance, lasting: Lasting) -> None:
    execution = topic.ended(lasting.forgotten)
    assert (execution.status, execution.error) == ("FAILED", "Timeout")
    assert execution.states.count("WorkerSilent") == 1


def _refusals(instance: Instance, workflow: str) -> list[str]:
    lines = instance.logged(f"{workflow}_worker")
    return [line["trace"] for line in lines if line.get("error") == "InputInvalid"]
