import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from sfn_callback import workload
from sfn_callback.aws import clients
from sfn_callback.aws.records import Record
from sfn_callback.errors import InputInvalid, WorkFailed
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import MAX_OUTPUT, Delivery
from sfn_callback.tasks import worker
from sfn_callback.tasks.messages import Task
from testing.task_tokens import FakeStepFunctions

TOKEN = "AAAAKgAAAAIAAAAAAAAAAf+b/c=="
Work = Callable[[dict[str, Any]], Any]


def forever() -> float:
    return 900.0


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], None]:
    """Set the user's work."""
    return lambda function: monkeypatch.setattr(workload, "connect_work", lambda: function)


@pytest.fixture
def task(machine: FakeStepFunctions) -> Task:
    return Task({"n": 1}, machine.wait(TOKEN))


def record(task: Task, received: int = 1) -> Record:
    return Record("m1", json.dumps({"task": task.content, "token": task.token}), received)


def raises(error: BaseException) -> Work:
    def broken(_: dict[str, Any]) -> None:
        raise error

    return broken


def test_what_work_returns_is_the_output(machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]) -> None:
    work(lambda given: {"given": given})
    assert worker.run(task, forever) is Delivery.ACCEPTED
    assert machine.verdicts == [(TOKEN, "success", {"given": {"n": 1}})]


def test_a_task_that_cannot_be_done_fails_with_what_is_wrong_and_no_work_begins(
    machine: FakeStepFunctions, work: Callable[[Work], None]
) -> None:
    work(raises(AssertionError("begun")))
    worker.run(Task([1], machine.wait(TOKEN), problem="It must be an object."), forever)
    assert machine.verdicts == [(TOKEN, "failure", {"error": "InputInvalid", "cause": "It must be an object."})]


def test_a_workload_that_cannot_be_used_fails_the_task_with_the_variable_to_change(
    machine: FakeStepFunctions, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_WORKLOAD", "absent")
    worker.run(task, forever)
    (_, kind, verdict) = machine.verdicts[0]
    assert (kind, verdict["error"]) == ("failure", "WorkloadInvalid")
    assert "variable `workload`" in verdict["cause"]


def test_an_output_that_is_not_json_fails_the_task(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]
) -> None:
    work(lambda _: {1, 2})
    worker.run(task, forever)
    assert machine.verdicts[0][2]["error"] == "OutputInvalid"


def test_heartbeats_are_sent_while_the_work_goes_on(machine: FakeStepFunctions, work: Callable[[Work], None]) -> None:
    def until_three_heartbeats(_: dict[str, Any]) -> int:
        until(lambda: len(machine.heartbeats) >= 3)
        return len(machine.heartbeats)

    work(until_three_heartbeats)
    worker.run(Task({}, machine.wait(TOKEN), heartbeat_seconds=0.03), forever)
    assert machine.verdicts[0][1] == "success"


def test_without_heartbeats_none_is_sent(machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]) -> None:
    work(lambda _: time.sleep(0.05))
    worker.run(task, forever)
    assert machine.heartbeats == []


def test_shortly_before_the_functions_deadline_the_machine_is_told(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]
) -> None:
    told = threading.Event()
    deadline = time.monotonic() + worker.MARGIN_SECONDS + 0.05

    def too_slow(_: dict[str, Any]) -> str:
        until(lambda: bool(machine.verdicts))
        told.set()
        return "too late"

    work(too_slow)
    assert worker.run(task, lambda: deadline - time.monotonic()) is Delivery.ALREADY_CLOSED
    assert told.is_set()
    assert [verdict["error"] for _, _, verdict in machine.verdicts] == ["WorkerTimedOut"]


def test_a_heartbeat_that_cannot_be_sent_does_not_stop_the_work(
    machine: FakeStepFunctions, work: Callable[[Work], None], capsys: pytest.CaptureFixture[str]
) -> None:
    machine.refusals = ["ServiceUnavailable"]

    def until_a_heartbeat(_: dict[str, Any]) -> str:
        until(lambda: bool(machine.heartbeats))
        return "done"

    work(until_a_heartbeat)
    worker.run(Task({}, machine.wait(TOKEN), heartbeat_seconds=0.03), forever)
    assert machine.verdicts[0][1] == "success"
    assert LogEvent.TASK_SIGNAL_NOT_DELIVERED in capsys.readouterr().out


def test_of_a_batch_only_what_could_not_be_answered_comes_again(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]
) -> None:
    work(lambda given: given)
    garbage = Record("m0", "not json", 1)
    assert worker.run_queued([garbage, record(task)], forever) == ["m0"]
    assert machine.verdicts[0][1] == "success"


def test_an_answer_that_cannot_be_sent_now_lets_the_message_come_again(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]
) -> None:
    work(lambda given: given)
    machine.refusals = ["ServiceUnavailable"]
    assert worker.run_queued([record(task)], forever) == ["m1"]


def test_a_message_that_comes_again_after_its_answer_is_not_worked_on_twice(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]
) -> None:
    done: list[Any] = []
    work(done.append)
    machine.time_out(TOKEN)
    assert worker.run_queued([record(task, received=2)], forever) == []
    assert done == []


def test_a_message_that_comes_without_time_left_is_left_to_another(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None]
) -> None:
    work(lambda given: given)
    assert worker.run_queued([record(task)], lambda: 1.0) == ["m1"]
    assert machine.verdicts == []


def test_a_dead_letter_needs_nothing_but_its_token_in_order(machine: FakeStepFunctions) -> None:
    body = json.dumps({"task": 7, "token": machine.wait(TOKEN), "heartbeat_seconds": "often"})
    assert worker.fail_dead_letters([Record("m1", body, 1)]) == []
    assert machine.verdicts[0][2]["error"] == "DeadLettered"


def test_a_dead_letter_that_was_answered_meanwhile_is_fine(machine: FakeStepFunctions, task: Task) -> None:
    machine.time_out(TOKEN)
    assert worker.fail_dead_letters([record(task)]) == []


def test_no_log_line_holds_the_token(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None], capsys: pytest.CaptureFixture[str]
) -> None:
    work(raises(ValueError("no")))
    worker.run_queued([record(task), record(task), Record("m2", f"not json {TOKEN}", 1)], forever)
    machine.refusals = ["InvalidToken"]
    worker.fail_dead_letters([record(task)])
    printed = capsys.readouterr()
    assert "trace" in printed.out
    assert TOKEN not in printed.out + printed.err


class Ended(threading.Event):
    """Notes how long somebody wants to wait for it, and happens after so many waits."""

    def __init__(self, after: int = 0) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self.after = after

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return len(self.waits) > self.after or self.is_set()


@pytest.mark.parametrize(("heartbeat_seconds", "wait"), [(30, 10), (3600, 1200)])
def test_the_interval_is_a_third_of_the_heartbeat(heartbeat_seconds: float, wait: float) -> None:
    ended = Ended()
    worker.send_heartbeats(Task({}, TOKEN, heartbeat_seconds), forever, ended)
    assert ended.waits == [wait]


@pytest.mark.parametrize(("left", "wait"), [(900.0, 897), (60.0, 57)])
def test_the_watch_ends_before_the_deadline(left: float, wait: float) -> None:
    ended = Ended()
    worker.watch_deadline(Task({}, TOKEN), lambda: left, ended)
    assert ended.waits == [wait]


def test_nobody_watches_any_more_when_the_work_has_ended(
    machine: FakeStepFunctions, work: Callable[[Work], None]
) -> None:
    before = set(threading.enumerate())
    work(lambda given: given)
    worker.run(Task({}, machine.wait(TOKEN), heartbeat_seconds=30), forever)
    until(lambda: set(threading.enumerate()) <= before)


def test_after_the_state_has_ended_no_heartbeat_is_sent(machine: FakeStepFunctions) -> None:
    machine.time_out(machine.wait(TOKEN))
    ended = Ended(after=5)
    worker.send_heartbeats(Task({}, TOKEN, 30), forever, ended)
    assert machine.calls == 1
    worker.watch_deadline(Task({}, TOKEN, 30), lambda: 0.0, ended)
    assert machine.calls == 1


def test_a_heartbeat_that_is_refused_for_good_is_the_last_and_the_deadline_is_still_watched(
    machine: FakeStepFunctions,
) -> None:
    machine.wait(TOKEN)
    machine.refusals = ["AccessDeniedException"]
    ended = Ended(after=5)
    worker.send_heartbeats(Task({}, TOKEN, 30), forever, ended)
    assert machine.calls == 1
    worker.watch_deadline(Task({}, TOKEN, 30), lambda: 0.0, ended)
    assert [verdict["error"] for _, _, verdict in machine.verdicts] == ["WorkerTimedOut"]


class Hang:
    """A request that is on its way until the test has ended."""

    def __init__(self) -> None:
        self.sent, self.answered, self._over = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, **_: str) -> dict[str, Any]:
        self.sent.set()
        self._over.wait(20)
        self.answered.set()
        return {}

    def end(self) -> None:
        self._over.set()


@pytest.fixture
def stuck(machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hang]:
    """A heartbeat that hangs."""
    hang = Hang()
    monkeypatch.setattr(machine, "send_task_heartbeat", hang)
    yield hang
    hang.end()


def test_a_slow_heartbeat_does_not_delay_the_answer(
    machine: FakeStepFunctions, work: Callable[[Work], None], stuck: Hang
) -> None:
    work(lambda _: stuck.sent.wait(10))
    worker.run(Task({}, machine.wait(TOKEN), heartbeat_seconds=0.03), forever)
    assert machine.verdicts[0][1] == "success"
    assert not stuck.answered.is_set()


def test_a_slow_heartbeat_does_not_take_the_time_to_tell_of_the_deadline(
    machine: FakeStepFunctions, work: Callable[[Work], None], stuck: Hang
) -> None:
    def remaining() -> float:
        return worker.MARGIN_SECONDS + (0 if stuck.sent.is_set() else 0.01)

    def too_slow(_: dict[str, Any]) -> bool:
        until(lambda: bool(machine.verdicts))
        return stuck.sent.is_set()

    work(too_slow)
    worker.run(Task({}, machine.wait(TOKEN), heartbeat_seconds=0.03), remaining)
    assert stuck.sent.is_set()
    assert [verdict["error"] for _, _, verdict in machine.verdicts] == ["WorkerTimedOut"]


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("raised", "error", "cause"),
    [
        (SystemExit(3), "SystemExit", "3"),
        (KeyboardInterrupt(), "KeyboardInterrupt", ""),
        (asyncio.CancelledError("by a timeout"), "CancelledError", "by a timeout"),
        (GeneratorExit(), "GeneratorExit", ""),
        (KeyError("missing"), "KeyError", "'missing'"),
        (WorkFailed("x" * 300, "why"), "x" * 256, f"{'x' * 300}: why"),
        (Unspeakable(), "Unspeakable", "This error cannot be shown: its str() fails."),
    ],
)
def test_however_the_work_ends_the_state_is_told_at_once(
    machine: FakeStepFunctions, task: Task, work: Callable[[Work], None], raised: BaseException, error: str, cause: str
) -> None:
    work(raises(raised))
    assert worker.run(task, forever) is Delivery.ACCEPTED
    assert machine.verdicts == [(TOKEN, "failure", {"error": error, "cause": cause})]


@pytest.mark.parametrize(
    ("waited", "heartbeat_seconds", "asked"), [(59, 0, 0), (61, 0, 1), (61, 3600, 1), (29, 30, 0), (31, 30, 1)]
)
def test_a_message_that_has_waited_is_asked_for_before_its_work_and_a_fresh_one_is_not(
    machine: FakeStepFunctions, work: Callable[[Work], None], waited: float, heartbeat_seconds: float, asked: int
) -> None:
    done: list[Any] = []
    work(done.append)
    body = json.dumps({"task": {}, "token": machine.wait(TOKEN), "heartbeat_seconds": heartbeat_seconds})
    late = Record("m1", body, 1, time.time() - waited)
    assert worker.run_queued([late], forever) == []
    assert (len(done), len(machine.heartbeats), machine.calls) == (1, asked, 1 + asked)
    assert worker.run_queued([late], forever) == []
    assert len(done) == 2 - asked


def test_of_notifications_each_is_run_whatever_becomes_of_the_others(
    machine: FakeStepFunctions, work: Callable[[Work], None]
) -> None:
    work(lambda given: given)
    bodies = ["not json", json.dumps({"task": {}, "token": machine.wait(TOKEN)})]
    with pytest.raises(InputInvalid, match="not JSON"):
        worker.run_published([Record("", body) for body in bodies], forever)
    assert [kind for _, kind, _ in machine.verdicts] == ["success"]


def test_of_lost_tasks_each_is_failed_whatever_becomes_of_the_others(machine: FakeStepFunctions) -> None:
    records = [Record("", "[]"), Record("", json.dumps({"task": {}, "token": machine.wait(TOKEN)}))]
    with pytest.raises(InputInvalid):
        worker.fail_lost(records, "Gone", "It is gone.")
    assert machine.verdicts == [(TOKEN, "failure", {"error": "Gone", "cause": "It is gone."})]


def test_an_output_that_cannot_be_stored_now_takes_no_other_message_with_it(
    machine: FakeStepFunctions, work: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: bytes) -> None:
        raise ConnectionError("S3 is away")

    monkeypatch.setattr("sfn_callback.tasks.outputs.write", refuse)
    work(lambda given: "x" * MAX_OUTPUT if given.get("large") else 1)
    bodies = [json.dumps({"task": {"large": n == 0}, "token": machine.wait(f"token{n}")}) for n in range(2)]
    again = worker.run_queued([Record(f"m{n}", body) for n, body in enumerate(bodies)], forever)
    assert again == ["m0"]
    assert [(token, kind) for token, kind, _ in machine.verdicts] == [("token1", "success")]


class Hanging:
    """AWS, which does not answer the first requests for as long as the test goes on."""

    def __init__(self, machine: FakeStepFunctions, hangs: int) -> None:
        self._send = machine.send_task_failure
        self._left = iter(range(hangs))
        self.hang, self.asked = Hang(), count()

    def send_task_failure(self, **verdict: str) -> Any:
        next(self.asked)
        return self._send(**verdict) if next(self._left, None) is None else self.hang()


@pytest.fixture(params=[0, 1, 2])
def hanging(
    request: pytest.FixtureRequest, machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hanging]:
    hanging = Hanging(machine, request.param)
    monkeypatch.setattr(machine, "send_task_failure", hanging.send_task_failure)
    monkeypatch.setattr(worker, "HANGING_SECONDS", 0.1)
    yield hanging
    hanging.hang.end()


def test_the_deadline_is_told_in_time_also_where_an_answer_hangs(machine: FakeStepFunctions, hanging: Hanging) -> None:
    worker.watch_deadline(Task({}, machine.wait(TOKEN)), lambda: worker.MARGIN_SECONDS, threading.Event())
    assert [verdict["error"] for _, _, verdict in machine.verdicts] == ["WorkerTimedOut"]
    assert not hanging.hang.answered.is_set()


def test_nothing_is_sent_again_once_there_is_no_time_left(
    machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging(machine, 9)
    monkeypatch.setattr(machine, "send_task_failure", hanging.send_task_failure)
    monkeypatch.setattr(worker, "HANGING_SECONDS", 0.05)
    worker.watch_deadline(Task({}, machine.wait(TOKEN)), lambda: 0.0, threading.Event())
    hanging.hang.end()
    assert next(hanging.asked) == 1


def test_the_margin_is_enough_for_three_answers_and_less_than_one_that_is_given_up() -> None:
    given_up: Any = clients.stepfunctions().meta.config
    assert 3 * worker.HANGING_SECONDS <= worker.MARGIN_SECONDS < given_up.read_timeout
