"""What the README and docs/ tell users to paste, done."""

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock, create_autospec

import pytest
from aws_durable_execution_sdk_python import ExecutionError

import sfn_callback
from sfn_callback import WorkFailed, durable
from sfn_callback.approvals import request
from sfn_callback.contract import About, Chunk, Source
from testing import pdfs
from tests.readme import ROOT, block


def test_a_workload_and_its_zip_are_made_as_the_page_says(tmp_path: Path, pip: dict[str, str]) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "lambda_src", checkout / "lambda_src", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    (checkout / "my_words.py").write_text(block("python", "# my_words.py"))
    subprocess.run(["sh", "-ec", block("sh", "--target build")], cwd=checkout, env=pip, check=True)
    installed = checkout / "build" / "sfn_callback"
    assert (installed / "handlers" / "process.py").exists()
    assert (installed / "py.typed").exists()
    program = (
        "import io; from sfn_callback import workload; "
        "mine = workload.Workload(*workload.functions('my_words', 'split', 'process', 'merge'));"
        "chunks = list(mine.split(io.BytesIO(b'one\\ntwo\\n')));"
        "print(b''.join(mine.merge([mine.process(chunk) for chunk in chunks])).decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(checkout / "my_words.zip")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "ONE\nTWO\n\n"


def test_a_durable_function_is_one_as_the_page_has_it() -> None:
    mine: dict[str, Any] = {}
    exec(block("python", "from sfn_callback.durable import ask"), mine)
    context = Mock()
    with pytest.raises(ExecutionError, match="Check your resource configurations to confirm the durability is set"):
        mine["handler"]({"bucket": "b", "key": "durable/a.txt"}, context)


def test_the_pages_are_those_of_a_pdf() -> None:
    mine: dict[str, Any] = {}
    exec(block("python", "# my_pages.py"), mine)
    about = About(Source("b", "documents/my.pdf"))
    chunks = [
        Chunk(new.body, "job", number, replace(about, name=new.name))
        for number, new in enumerate(mine["split"](io.BytesIO(pdfs.of_texts("first words", "last words"))))
    ]
    merged = mine["merge"](mine["process"](chunk) for chunk in chunks)
    assert [line for line in b"".join(merged.body).decode().splitlines() if line] == [
        "--- page 1 of documents/my.pdf ---",
        "first words",
        "--- page 2 of documents/my.pdf ---",
        "last words",
    ]


def test_the_work_is_done_or_fails_by_its_name() -> None:
    mine: dict[str, Any] = {}
    exec(block("python", "# my_tasks.py"), mine)
    assert mine["work"]({"pages": 3}) == {"pages": 3}
    with pytest.raises(WorkFailed, match="Only 1,000 pages fit") as caught:
        mine["work"]({"pages": 2000})
    assert caught.value.error == "TooLong"


def test_a_document_is_cut_into_parts_as_the_page_says() -> None:
    mine: dict[str, Any] = {"sfn_callback": sfn_callback, "merge": b"".join}
    exec(block("python", "by_delimiter"), mine)
    document = io.BytesIO(b"one\ntwo\n")
    assert list(mine["parts"](Mock(wraps=document, size=8))) == [(0, 8)]
    assert mine["combine"]([b"one", b"two"]) == b"onetwo"


def test_the_question_of_the_page_has_its_actions() -> None:
    asked = request.parse(json.loads(block("json", '"subject": "Publish the catalogue?"')))
    assert [action.kind for action in asked.actions] == ["success", "heartbeat", "failure"]


def test_the_durable_function_of_the_page_waits_and_then_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = create_autospec(durable.wait_for_chunks, return_value={"chunks": 3})
    asks = create_autospec(durable.ask, return_value={"action": "approve"})
    sdk = Mock(durable_execution=lambda handler: handler)
    monkeypatch.setattr(durable, "wait_for_chunks", waits)
    monkeypatch.setattr(durable, "ask", asks)
    monkeypatch.setitem(sys.modules, "aws_durable_execution_sdk_python", sdk)
    mine: dict[str, Any] = {}
    exec(block("python", "@durable_execution"), mine)
    done = mine["handler"]({"bucket": "b", "key": "durable/a.txt"}, context := Mock())
    assert done == {"document": {"chunks": 3}, "decision": {"action": "approve"}}
    waits.assert_called_once_with(context, "b", "durable/a.txt")
    asks.assert_called_once_with(context, "Publish durable/a.txt?", details="3 chunks", default="reject")


def test_the_message_of_the_page_has_the_token_of_a_callback() -> None:
    context, sqs = Mock(), Mock()
    context.create_callback.return_value.callback_id = "c1"
    context.step.side_effect = lambda step, _name: step(Mock())
    mine = {"context": context, "sqs": sqs, "json": json, "url": "https://q", "task_token": durable.task_token}
    exec(block("python", "create_callback"), mine)
    sent = json.loads(sqs.send_message.call_args.kwargs["MessageBody"])
    assert sent == {"task": {"page": 3}, "token": durable.task_token("c1")}
    assert mine["result"] is context.create_callback.return_value.result.return_value
