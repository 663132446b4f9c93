"""What the demos show, and when they are kept, on the stack of the other tests."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local import demo
from local.demos.contract import Applied
from local.demos.documents import Documents
from local.demos.workers import Case, Workers
from local.execution import Machine, follow
from tests.e2e.conftest import Stack


def applied(stack: Stack, instance: str, workflow: str) -> Applied:
    """The instance, with the outputs of the workflow's example."""
    outputs = stack.instances[instance].outputs
    example = {"state_machine_arn": outputs["state_machine_arns"][workflow], "callback": outputs}
    return Applied(stack.local, {**outputs, **example})


def words(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, without the tables' lines and line breaks."""
    return " ".join(capsys.readouterr().out.replace("│", "").split())


def test_a_document_that_fails_shows_the_failure_branch_and_says_so(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "demo-failing.txt"
    document.write_text("one\n\n!fail\n")
    end = Documents({"DOCUMENT": str(document)}).run(applied(stack, "strict", "documents"))
    said = words(capsys)
    assert not end.good
    assert "The execution has FAILED" in said
    assert "This is the failure branch" in said
    assert "this paragraph says !fail" in said


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


def test_a_demo_that_is_kept_says_how_to_go_on(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = applied(stack, "strict", "documents").outputs
    exports = demo.show_how_to_go_on(stack.local, Documents({}).commands(outputs), stack.root.work)
    said = capsys.readouterr().out
    assert f". {exports}" in said
    assert f"aws s3 ls --recursive s3://{outputs['bucket']}/merged/" in said
    assert "make demo-stop" in said
    list_buckets = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'])"
    program = f'. {exports}; {sys.executable} -c "{list_buckets}"'
    listed = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    assert outputs["bucket"] in listed.stdout
