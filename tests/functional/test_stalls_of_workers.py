"""What could leave the machines of direct, queue and topic waiting, as far as the local AWS cannot show it.

The rest is in tests/e2e/test_stalls_of_workers.py; docs/failure-handling.md has the whole table.
"""

import json
from typing import Any

import pytest

from sfn_callback.errors import ResumeDenied
from sfn_callback.handlers import dead_letter, direct_worker, queue_worker, task_lost, topic_worker
from testing import invocations
from testing.task_tokens import FakeStepFunctions
from tests.functional.test_workers import TOKEN, Context, payload, published, queued

NO_OBJECT = json.dumps({"task": [1, 2], "token": TOKEN, "heartbeat_seconds": None})


@pytest.fixture
def lost() -> dict[str, Any]:
    """The event of a worker that never answered."""
    return published(json.dumps(payload()))


@pytest.fixture(autouse=True)
def waiting(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)


def failure(machine: FakeStepFunctions) -> dict[str, Any]:
    ((_, kind, content),) = machine.verdicts
    assert kind == "failure"
    return content


@pytest.mark.parametrize("response", invocations.CRASHED, ids=["named", "unnamed"])
def test_topic_worker_crash_fails_the_machine(
    machine: FakeStepFunctions, lost: dict[str, Any], response: dict[str, str]
) -> None:
    task_lost.handler(invocations.failed(lost, response), None)
    assert failure(machine)["cause"] == response["errorMessage"]


@pytest.mark.parametrize("response", invocations.OUT_OF_MEMORY, ids=["named", "as-a-crash"])
def test_topic_worker_out_of_memory_fails_the_machine(
    machine: FakeStepFunctions, lost: dict[str, Any], response: dict[str, str]
) -> None:
    task_lost.handler(invocations.failed(lost, response), None)
    assert failure(machine) == {"error": response["errorType"], "cause": response["errorMessage"]}


@pytest.mark.parametrize("response", invocations.TIMED_OUT, ids=["named", "unnamed"])
def test_topic_worker_timeout_fails_the_machine(
    machine: FakeStepFunctions, lost: dict[str, Any], response: dict[str, str]
) -> None:
    task_lost.handler(invocations.failed(lost, response), None)
    assert "Task timed out after 300.00 seconds" in failure(machine)["cause"]


def test_notification_too_old_fails_the_machine(machine: FakeStepFunctions, lost: dict[str, Any]) -> None:
    task_lost.handler(invocations.expired(lost), None)
    assert failure(machine)["error"] == "EventAgeExceeded"


def test_topic_workers_destination_failing_itself_keeps_the_record(
    machine: FakeStepFunctions, lost: dict[str, Any], no_pauses: list[float]
) -> None:
    machine.refusals = ["ServiceUnavailable"] * 3
    record = invocations.failed(lost, invocations.CRASHED[0])
    undelivered = invocations.deliver(task_lost.handler, record)
    assert undelivered is not None
    assert undelivered["requestPayload"] == record
    assert machine.verdicts == []


def test_worker_whose_verdict_is_refused_fails_its_invocation(machine: FakeStepFunctions) -> None:
    """So Step Functions hears of it from `direct`, and the event of `topic` comes again."""
    for handler, event in ((direct_worker, payload(done_chance=1)), (topic_worker, published(json.dumps(payload())))):
        machine.refusals = ["AccessDeniedException"]
        with pytest.raises(ResumeDenied, match="AccessDeniedException"):
            handler.handler(event, Context())
    machine.refusals = ["AccessDeniedException"]
    message = queued(json.dumps(payload(done_chance=1)))
    assert queue_worker.handler(message, Context()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_dead_letter_that_cannot_be_answered_now_is_received_again(
    machine: FakeStepFunctions, no_pauses: list[float]
) -> None:
    message = queued(json.dumps(payload()))
    machine.refusals = ["ServiceUnavailable"]
    assert dead_letter.handler(message, None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert dead_letter.handler(message, None) == {"batchItemFailures": []}
    assert failure(machine)["error"] == "DeadLettered"


def test_dead_letter_of_a_task_that_is_no_object_fails_the_machine(machine: FakeStepFunctions) -> None:
    assert dead_letter.handler(queued(NO_OBJECT), None) == {"batchItemFailures": []}
    assert failure(machine)["error"] == "DeadLettered"
