"""The handlers of direct, queue and topic: each event's shape, end to end in the process."""

import json
from typing import Any

import pytest

from sfn_callback.errors import InputInvalid
from sfn_callback.handlers import dead_letter, direct_worker, queue_worker, topic_worker
from testing.task_tokens import FakeStepFunctions

TOKEN = "AAAAKgAAAAIAAAAAAAAAAf+b/c=="


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def payload(**task: Any) -> dict[str, Any]:
    return {"task": task, "token": TOKEN, "heartbeat_seconds": 3599}


def queued(body: str, received: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(received)}
    return {"Records": [{"messageId": "m1", "body": body, "attributes": attributes, "eventSource": "aws:sqs"}]}


def published(body: str) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": body}}]}


def test_the_direct_worker_answers_the_token(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    direct_worker.handler(payload(done_chance=1), Context())
    assert machine.verdicts[0][1] == "success"


def test_the_direct_worker_refuses_a_message_without_a_token() -> None:
    with pytest.raises(InputInvalid, match='has no "token"'):
        direct_worker.handler({"task": {}}, Context())


@pytest.mark.parametrize("execution", ["arn:aws:states:eu-central-1:000000000000:execution:docs-direct:run-1", None])
def test_work_knows_its_execution(
    machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch, execution: str | None
) -> None:
    monkeypatch.setattr("sfn_callback.demo.work", lambda task: {"task": dict(task), "execution": task.execution})
    machine.wait(TOKEN)
    direct_worker.handler({**payload(page=1), "execution": execution}, Context())
    assert machine.verdicts == [(TOKEN, "success", {"task": {"page": 1}, "execution": execution or ""})]


def test_the_queue_worker_answers_the_token_and_drops_the_message(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    assert queue_worker.handler(queued(json.dumps(payload(done_chance=1))), Context()) == {"batchItemFailures": []}
    assert machine.verdicts[0][1] == "success"


def test_the_queue_worker_keeps_what_it_does_not_understand() -> None:
    assert queue_worker.handler(queued("garbage"), Context()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_the_topic_worker_answers_the_token(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    topic_worker.handler(published(json.dumps(payload(done_chance=0, fail_chance=1))), Context())
    assert machine.verdicts[0][2]["error"] == "ProcessingFailed"


@pytest.mark.parametrize(
    "wrap", [lambda body: body, lambda body: json.dumps({"Type": "Notification", "Message": body})]
)
def test_a_dead_letter_of_queue_or_topic_fails_its_state(machine: FakeStepFunctions, wrap: Any) -> None:
    machine.wait(TOKEN)
    assert dead_letter.handler(queued(wrap(json.dumps(payload()))), None) == {"batchItemFailures": []}
    assert machine.verdicts[0][2]["error"] == "DeadLettered"
