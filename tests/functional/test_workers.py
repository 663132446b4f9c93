"""The handlers of direct, queue and topic: each event's shape, end to end in the process."""

import json
from typing import Any

import pytest

from sfn_callback.handlers import direct_worker, queue_worker
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
