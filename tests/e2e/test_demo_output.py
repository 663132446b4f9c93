"""What the demo says when a document fails and when it is kept, on the stack of the other tests."""

import os
import subprocess
import sys

import pytest

from local import demo
from local.run import Run
from tests.e2e.conftest import Stack


def test_a_document_that_fails_shows_the_failure_branch_and_says_so(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = stack.instances["strict"].outputs
    run = Run(stack.local, {**outputs, "state_machine_arn": outputs["state_machine_arns"]["documents"]})
    demo.follow(run, b"one\n\n!fail\n", "demo-failing.txt")
    assert not demo.show_end(run)
    said = " ".join(capsys.readouterr().out.replace("│", "").split())
    assert "The execution has FAILED" in said
    assert "This is the failure branch" in said
    assert "this paragraph says !fail" in said


def test_a_demo_that_is_kept_says_how_to_go_on(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = stack.instances["strict"].outputs
    exports = demo.show_how_to_go_on(stack.local, {**outputs, "state_machine_arn": "arn:machine"}, stack.root.work)
    said = capsys.readouterr().out
    assert f". {exports}" in said
    assert "make demo-stop" in said
    list_buckets = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'])"
    program = f'. {exports}; {sys.executable} -c "{list_buckets}"'
    listed = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    assert outputs["bucket"] in listed.stdout
