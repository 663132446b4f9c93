"""What the demos of direct, queue and topic show, on the stack of the other tests."""

from typing import Any

import pytest

from local.demos.workers import Case, Workers
from local.execution import Machine, follow
from tests.e2e.conftest import Stack, applied, words

STATES = {
    "direct": ("ContinueProcess", "ProcessingFailed", "UnexpectedFailure"),
    "queue": ("Done", "WorkerFailed", "WorkerFailed"),
    "topic": ("Done", "WorkerFailed", "WorkerFailed"),
}


@pytest.mark.parametrize("workflow", STATES)
def test_workers_show_each_end_that_their_machine_has(
    stack: Stack, workflow: str, capsys: pytest.CaptureFixture[str]
) -> None:
    end = Workers(workflow, "somehow", {}).run(applied(stack, workflow, workflow))
    said = words(capsys)
    assert end.good
    assert "✓ Every execution ended as it should" in said
    assert {"SUCCEEDED", "FAILED", "ProcessingFailed:", "RuntimeError:", *STATES[workflow]} <= set(said.split())


def test_a_task_of_ones_own_may_fail_as_it_likes(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    task = '{"done_chance": 0, "fail_chance": 1, "error": "[Odd]"}'
    end = Workers("queue", "somehow", {"TASK": task}).run(applied(stack, "queue", "queue"))
    assert end.good
    assert "[Odd]: The roll was" in words(capsys)


def ended(stack: Stack, task: dict[str, Any], *, stopped: bool = False) -> Any:
    """What an execution of ``direct`` is like at its end."""
    execution = Machine(stack.local, stack.instances["direct"].outputs["state_machine_arns"]["direct"]).start(task)
    if stopped:
        stack.local.client("stepfunctions").stop_execution(executionArn=execution.arn, error="Stopped")
    *_, (seen,) = follow([execution])
    return seen


def test_another_end_than_a_task_must_have_does_not_fit(stack: Stack) -> None:
    done = ended(stack, {"done_chance": 1})
    assert Case({}, "SUCCEEDED").fits(done)
    assert not Case({}, "ProcessingFailed").fits(done)


def test_an_execution_that_was_stopped_fits_no_task(stack: Stack) -> None:
    stopped = ended(stack, {"done_chance": 1, "sleep_seconds": 5}, stopped=True)
    assert (stopped.status, stopped.by_a_branch) == ("ABORTED", False)
    assert not Case({}).fits(stopped)
