"""States of the module's in a machine that the module did not make."""

import random
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.support.approvals import Approvals, Asked, reached


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Approvals]:
    with reached(stack, "own") as instance:
        yield instance


def work_and_ask(own: Approvals, seed: int) -> Asked:
    """Start an execution, whose seed no other test uses, and wait for its mail."""
    arn = own.begin(done_chance=1, seed=seed)
    return own.asked(arn, f"Publish the roll of {random.Random(seed).random()}?")


@pytest.fixture(scope="module", autouse=True)
def undecided(own: Approvals) -> Asked:
    """Begun first, so that the other tests pass while it waits."""
    return work_and_ask(own, 3)


def test_what_the_worker_returns_is_asked_about_and_approved(own: Approvals) -> None:
    asked = work_and_ask(own, 1)
    assert asked.press("approve").status == 303
    execution = asked.ended()
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.output["action"] == "approve"


def test_a_rejection_takes_the_machines_own_branch(own: Approvals) -> None:
    asked = work_and_ask(own, 2)
    asked.press("reject")
    assert asked.ended().states.count("Withdrawn") == 1


def test_a_worker_that_fails_takes_the_machines_own_branch(own: Approvals) -> None:
    execution = own.run(done_chance=0, fail_chance=1)
    assert (execution.status, execution.error) == ("FAILED", "WorkFailed")


def test_nobody_deciding_takes_the_machines_own_branch(undecided: Asked) -> None:
    execution = undecided.ended()
    assert (execution.status, execution.error) == ("FAILED", "NobodyDecided")
