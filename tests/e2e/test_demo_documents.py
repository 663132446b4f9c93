"""What the demo of documents shows, and one that is kept, on the stack of the other tests."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from demo import run
from demo.documents import Documents
from tests.e2e.conftest import Stack, applied, words
from tests.e2e.support.demos import copies

__all__ = ["copies"]


def test_a_document_that_fails_shows_the_failure_branch_and_says_so(
    stack: Stack, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "demo-failing.txt"
    document.write_text("one\n\n!fail\n")
    good = Documents({"DOCUMENT": str(document)}).run(applied(stack, "strict", "documents"))
    said = words(capfd)
    assert not good
    assert f"$ {shlex.join(['sfn-callback', 'start', os.path.relpath(document), '--wait'])}" in said
    assert "error ChunksFailed" in said
    assert "1 chunk failed chunk why" in said
    assert "this paragraph says !fail" in said


def test_a_demo_that_is_kept_says_how_to_go_on(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = applied(stack, "strict", "documents").outputs
    exports = run.show_how_to_go_on(stack.local, Documents({}).commands(outputs), stack.root.work)
    said = capsys.readouterr().out
    assert f". {shlex.quote(str(exports))}" in said
    assert f"aws s3 ls --recursive s3://{outputs['bucket']}/merged/" in said
    assert "make demo-stop" in said
    list_buckets = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'])"
    program = f'. {shlex.quote(str(exports))}; {shlex.quote(sys.executable)} -c "{list_buckets}"'
    listed = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    assert outputs["bucket"] in listed.stdout
