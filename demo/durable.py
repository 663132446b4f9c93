"""The demo of a durable function: it waits for the chunks of a document, and then for a person."""

import json
import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo import sample
from demo.approval import awaited, decidable, show
from demo.contract import EVERYWHERE, FOLDER, ROOT, Applied, UsageError, switched_on
from demo.operator import Operator, logged
from emulator.mailbox import Mailbox
from tools import children
from tools.screen import console

_BUILD = ROOT / "examples" / "durable-function" / "build.sh"
_ZIP = ROOT / ".local" / "publish.zip"
_KEY = "durable/catalogue.txt"
_SLOW_SECONDS = 8
_LOOK_SECONDS = 0.2
_LOOKS = 150


class Durable:
    """Uploads a document for the example's function, and decides what that asks; with ``APPROVE=1``, by itself."""

    workflow = "durable-function"
    # A laptop is not a region: cap the workers.
    variables: Mapping[str, Any] = {**EVERYWHERE, "reserved_concurrency": 8, "package_path": str(_ZIP)}
    look_next: Mapping[str, str] = {
        "examples/durable-function/publish.py": "the durable function",
        "lambda_src/sfn_callback/durable/chunks.py": "how it waits for chunks",
        "docs/durable.md": "when to take it, and what it costs",
        "APPROVE=1": "the demo approves by itself",
    }

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._approves = switched_on(environment, "APPROVE")
        build()

    def run(self, applied: Applied) -> bool:
        """Upload a document, show who waits for what, and show what the function returns when somebody has decided."""
        operator, function = Operator(applied), _Function(applied)
        inbox = Mailbox(applied.local, applied.outputs["topic_arn"])
        _drop(applied)
        execution = function.begun()
        function.waits(execution)
        operator.types("jobs")
        mail = awaited(inbox)
        show(mail)
        operator.types("jobs")
        if self._approves:
            operator.types("approve", execution, "--comment", "The proof is fine.")
            ended = function.ended(execution)
        else:
            with decidable(applied, mail):
                ended = function.ended(execution)
        function.show(execution)
        return _shown(ended)

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to upload another document, and where to look."""
        return [
            f"aws s3 cp {shlex.quote(str(ROOT / 'README.md'))} s3://{outputs['bucket']}/durable/",
            "sfn-callback jobs",
            f"aws lambda list-durable-executions-by-function --function-name {_unqualified(outputs)} --qualifier 1",
            logged(outputs["log_group_names"]["publish"]),
        ]


def _handed_over(events: Sequence[Mapping[str, Any]]) -> bool:
    handed = {event["Id"] for event in events if event.get("Name") == "chunks-round-1-handed-over"}
    return any(event["EventType"] == "ChainedInvokeSucceeded" and event["Id"] in handed for event in events)


def build() -> None:
    """Build the function's zip."""
    _ZIP.parent.mkdir(exist_ok=True)
    console.print("Building the function's zip; AWS's SDK comes from the package index …")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = children.run([_BUILD, _ZIP], env={**os.environ, "PATH": path})
    if done.returncode:
        reason = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
        raise UsageError(f"The demo needs AWS's SDK, but pip cannot install it from a Python package index: {reason}")


class _Function:
    """The durable function, as AWS's own commands see it."""

    def __init__(self, applied: Applied) -> None:
        self._client = applied.local.client("lambda")
        self._arn = _unqualified(applied.outputs)

    def begun(self) -> str:
        """Wait for the execution that the document begins; return its ARN."""
        for _ in range(_LOOKS):
            listed = self._client.list_durable_executions_by_function(FunctionName=self._arn, Qualifier="1")
            for one in listed["DurableExecutions"]:
                if _KEY in self._seen(one["DurableExecutionArn"])["InputPayload"] and one["Status"] == "RUNNING":
                    return str(one["DurableExecutionArn"])
            time.sleep(_LOOK_SECONDS)
        raise RuntimeError("The document was uploaded, but no execution has started.")

    def waits(self, execution: str) -> None:
        """Wait until the ledger knows that the execution waits for the chunks."""
        while not _handed_over(self._events(execution)):
            time.sleep(_LOOK_SECONDS)

    def ended(self, execution: str) -> dict[str, Any]:
        """Wait for the execution's end, however long somebody needs to decide; return what it was like."""
        while True:
            seen = self._seen(execution)
            if seen["Status"] != "RUNNING":
                return seen
            time.sleep(_LOOK_SECONDS)

    def show(self, execution: str) -> None:
        """Show what Lambda has recorded of the execution."""
        events = self._events(execution)
        table = Table("operation", "what happened", title="what a replay goes by", title_justify="left")
        for event in events:
            if "Name" in event:
                table.add_row(event["Name"], event["EventType"])
        invocations = sum(event["EventType"] == "InvocationCompleted" for event in events)
        console.print("", table, f"The function was invoked {invocations} times; while it waited, nothing ran.")

    def _seen(self, execution: str) -> dict[str, Any]:
        seen: dict[str, Any] = self._client.get_durable_execution(DurableExecutionArn=execution)
        return seen

    def _events(self, execution: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("get_durable_execution_history").paginate(DurableExecutionArn=execution)
        return [event for page in pages for event in page["Events"]]


def _drop(applied: Applied) -> None:
    document, bucket = FOLDER / Path(_KEY).name, applied.outputs["bucket"]
    document.parent.mkdir(parents=True, exist_ok=True)
    # One chunk takes longer, so that there is something to wait for.
    document.write_text(f"!sleep {_SLOW_SECONDS}\n{sample.text()}")
    typed = shlex.join(["aws", "s3", "cp", os.path.relpath(document), f"s3://{bucket}/durable/"])
    console.print(Text.assemble("\n", ("$ ", "dim"), (typed, "bold")), soft_wrap=True)
    applied.local.client("s3").put_object(Bucket=bucket, Key=_KEY, Body=document.read_bytes())


def _unqualified(outputs: Mapping[str, Any]) -> str:
    return str(outputs["function"]).removesuffix(":live")


def _shown(ended: Mapping[str, Any]) -> bool:
    """Show the result; tell whether the execution ended as it may: well, or because somebody rejected."""
    succeeded = ended["Status"] == "SUCCEEDED"
    told = json.loads(ended["Result"]) if succeeded else ended["Error"]
    console.print(Panel(json.dumps(told, indent=2), title=f"it has {ended['Status']}", title_align="left"))
    return succeeded or "Rejected" in told.get("ErrorMessage", "")
