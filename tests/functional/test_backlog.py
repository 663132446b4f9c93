"""A queue's backlog that is longer than the tasks' timeout drains, instead of being worked through for nobody."""

import heapq
import json
from typing import Any

import pytest

from sfn_callback import workload
from sfn_callback.aws import clients
from sfn_callback.handlers import queue_worker
from sfn_callback.tasks import worker
from testing.task_tokens import FakeStepFunctions

TASKS, LATER = 10_000, 100
WORK_SECONDS, ASK_SECONDS = 60.0, 0.1
TIMEOUT_SECONDS, WORKERS = 7_200.0, 10
"""The module's defaults: task.timeout_seconds and task.maximum_concurrency."""


class Queue:
    """A queue, its workers, and the states that wait, on a clock of their own."""

    def __init__(self, machine: FakeStepFunctions) -> None:
        self.machine = machine
        self.now = 0.0
        self.deadlines: dict[str, float] = {}
        self.worked: list[str] = []
        self.dead: list[str] = []
        self.requests = 0

    def work(self, task: dict[str, Any]) -> None:
        self.worked.append(task["token"])
        if self.now >= self.deadlines[task["token"]]:
            self.dead.append(task["token"])
        self.now += WORK_SECONDS
        self.expire(task["token"])

    def put(self, token: str, sent: float) -> dict[str, Any]:
        self.deadlines[self.machine.wait(token)] = sent + TIMEOUT_SECONDS
        body = json.dumps({"task": {"token": token}, "token": token})
        attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(sent * 1000))}
        return {"Records": [{"messageId": token, "body": body, "attributes": attributes}]}

    def drain(self, events: list[tuple[float, str]]) -> float:
        """Let the workers take one message after the other; return when the last is gone."""
        free = [0.0] * WORKERS
        for sent, token in events:
            self.now = max(heapq.heappop(free), sent)
            event, calls = self.put(token, sent), self.machine.calls
            self.expire(token)
            assert queue_worker.handler(event, self) == {"batchItemFailures": []}
            self.requests += self.machine.calls - calls
            heapq.heappush(free, self.now + ASK_SECONDS * (self.machine.calls - calls))
        return max(free)

    def expire(self, token: str) -> None:
        if self.now >= self.deadlines[token] and token in self.machine.open:
            self.machine.time_out(token)

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def queue(machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue(machine)
    monkeypatch.setattr(workload, "connect_work", lambda: made.work)
    monkeypatch.setattr(worker, "time", type("Clock", (), {"time": staticmethod(lambda: made.now)}))
    monkeypatch.setattr(clients, "stepfunctions", lambda: machine)
    return made


def test_ten_thousand_tasks_of_a_minute_drain_and_those_after_them_are_done_in_time(queue: Queue) -> None:
    backlog = [(0.0, f"old{n}") for n in range(TASKS)]
    over = queue.drain(backlog)
    assert queue.dead == []
    assert len(queue.worked) == TIMEOUT_SECONDS / WORK_SECONDS * WORKERS
    # 88 more seconds: the 8,800 that timed out are asked for by ten workers, instead of worked on for 14.7 hours.
    assert over < TIMEOUT_SECONDS + WORK_SECONDS + TASKS * ASK_SECONDS / WORKERS
    queue.drain([(over + n, f"new{n}") for n in range(LATER)])
    done = [token for token, kind, _ in queue.machine.verdicts if kind == "success" and token.startswith("new")]
    assert len(done) == LATER


def test_what_comes_at_once_costs_one_request(queue: Queue) -> None:
    queue.drain([(n * WORK_SECONDS / WORKERS, f"task{n}") for n in range(LATER)])
    assert queue.requests == LATER
