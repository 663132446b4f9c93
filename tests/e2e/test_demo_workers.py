"""What the demos of direct, queue and topic show, on the stack of the other tests."""

from typing import Any

import pytest

from demo.workers import Case, Workers
from emulator.state_machine import Machine, follow
from tests.e2e.conftest import Stack, applied, words
from tests.e2e.support.demos import copies

__all__ = ["copies"]


@pytest.mark.parametrize("workflow", ["direct", "queue", "topic"])
def test_workers_show_each_end_that_their_machine_has(
    stack: Stack, workflow: str, capfd: pytest.CaptureFixture[str]
) -> None:
    good = Workers(workflow, "somehow", {}).run(applied(stack, workflow, workflow))
    said = words(capfd)
    assert good
    assert "✓ Every execution ended as it should" in said
    assert said.count(f"$ sfn-callback start --workflow {workflow} --input") == 3
    assert {"SUCCEEDED", "FAILED", "ProcessingFailed:", "RuntimeError:"} <= set(said.split())


def test_a_task_of_ones_own_may_fail_as_it_likes(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    task = '{"done_chance": 0, "fail_chance": 1, "error": "[Odd]"}'
    assert Workers("queue", "somehow", {"TASK": task}).run(applied(stack, "queue", "queue"))
    assert "[Odd]: The roll was" in words(capfd)


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
    stopped = ended(stack, {"done_chance": 1, "sleep_seconds": 25}, stopped=True)
    assert (stopped.status, stopped.by_a_branch) == ("ABORTED", False)
    assert not Case({}).fits(stopped)
