"""Limits that are documented, and that the fakes have: beside each stands its source, in ``testing/quotas.py``."""

import json

import pytest
from botocore.exceptions import ClientError

from testing import quotas
from testing.executions import FakeMachines
from testing.task_tokens import MAX_BYTES, FakeStepFunctions

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-documents"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def heartbeats(machine: FakeStepFunctions, most: int) -> int:
    """How many heartbeats are taken before one is throttled."""
    for count in range(most):
        try:
            machine.send_task_heartbeat(taskToken="token")
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "ThrottlingException"
            return count
    return most


@pytest.mark.parametrize(("region", "size", "per_second"), [("eu-west-1", 3_000, 500), ("eu-central-1", 1_500, 300)])
def test_heartbeats_are_throttled_until_time_has_passed(
    machine: FakeStepFunctions, clock: Clock, region: str, size: int, per_second: int
) -> None:
    machine.wait("token")
    machine.buckets = quotas.of_send_task(region, clock)
    assert heartbeats(machine, 10_000) == size
    clock.now += 2
    assert heartbeats(machine, 10_000) == 2 * per_second
    machine.send_task_success(taskToken="token", output="1")


def test_starts_are_throttled_too(clock: Clock) -> None:
    fake = FakeMachines()
    fake.buckets = quotas.of_start_execution("eu-central-1", clock)
    for number in range(800):
        fake.start_execution(stateMachineArn=MACHINE, name=f"run-{number}")
    with pytest.raises(ClientError, match="ThrottlingException"):
        fake.start_execution(stateMachineArn=MACHINE, name="one more")


def test_an_item_takes_so_many_units_a_second_and_other_items_take_as_many(clock: Clock) -> None:
    items = quotas.Items(clock)
    for _ in range(500):
        items.write("hot", 2_048)
    with pytest.raises(ClientError, match="ThrottlingException"):
        items.write("hot", 2_048)
    items.write("other", 2_048)
    clock.now += 0.002
    items.write("hot", 2_048)


def test_an_item_that_grows_too_large_stays_as_it_was(clock: Clock) -> None:
    items = quotas.Items(clock)
    items.write("large", quotas.MAX_ITEM_BYTES)
    with pytest.raises(ClientError, match="ValidationException"):
        items.write("large", quotas.MAX_ITEM_BYTES + 1)
    assert items.sizes == {"large": quotas.MAX_ITEM_BYTES}


def test_an_output_and_an_input_have_256_kib(machine: FakeStepFunctions) -> None:
    machine.wait("token")
    largest = json.dumps("é" * (MAX_BYTES // 2 - 1), ensure_ascii=False)
    for text, code in ((largest + " ", "ValidationException"), ("no JSON", "InvalidOutput")):
        with pytest.raises(ClientError, match=code):
            machine.send_task_success(taskToken="token", output=text)
    machine.send_task_success(taskToken="token", output=largest)
    fake = FakeMachines()
    fake.start_execution(stateMachineArn=MACHINE, input=largest)
    with pytest.raises(ClientError, match="ValidationException"):
        fake.start_execution(stateMachineArn=MACHINE, input=largest + " ")
