"""The demo for your own PDF: its pages are read in parallel, and their text and its index are shown."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.contract import EVERYWHERE, ROOT, Applied, UsageError, readable
from demo.operator import Operator, logged
from emulator.state_machine import Execution, Machine
from tools import children
from tools.screen import console

_HEAD_BYTES = 1024
_BUILD = ROOT / "examples" / "pdf-pages" / "build.py"
_ZIP = ROOT / ".local" / "pages.zip"
_TIMELINE = ROOT / ".local" / "timeline.html"
_SHOWN_BYTES, _SHOWN_LINES = 8_000, 16
_LOOKS = 100


def is_pdf(path: Path) -> bool:
    """Tell whether the file begins like a PDF; errors as from opening it."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(_HEAD_BYTES)


class PdfPages:
    """Takes the PDF at ``DOCUMENT``."""

    workflow = "pdf-pages"
    # A laptop is not a region: cap the workers.
    variables: Mapping[str, Any] = {**EVERYWHERE, "reserved_concurrency": 8, "package_path": str(_ZIP)}
    look_next: Mapping[str, str] = {
        "examples/pdf-pages/pages.py": "split, process and merge of PDFs",
        "examples/pdf-pages/next.tf": "what EventBridge starts when a text is written",
        "states/documents.asl.json": "the machine",
    }

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._path = readable(environment["DOCUMENT"])
        if self._path.suffix.lower() != ".pdf":
            raise UsageError(f"{self._path.name} is a PDF, but its name does not end in .pdf: rename it.")
        build()

    def run(self, applied: Applied) -> bool:
        """Start the PDF, and show what comes of it."""
        operator, key = Operator(applied), f"documents/{self._path.name}"
        name, seen = operator.starts(os.path.relpath(self._path), begun_by=lambda given: given.get("key") == key)
        if seen.status != "SUCCEEDED":
            operator.types("show", name)
            return False
        output = seen.output
        _show(applied, output["result"], output["beside"]["index.json"])
        started = _show_next_step(applied, output["result"]["key"])
        operator.types("timeline", name, "-o", os.path.relpath(_TIMELINE))
        return started

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to see all that there is, and what the pages' function has logged."""
        return [
            "sfn-callback jobs --all",
            f"aws s3 ls --recursive s3://{outputs['bucket']}/merged/",
            f"aws stepfunctions list-executions --state-machine-arn {outputs['next_machine_arn']}",
            logged(outputs["log_group_names"]["process"]),
        ]


def build() -> None:
    """Build the zip of the functions that split PDFs."""
    _ZIP.parent.mkdir(exist_ok=True)
    console.print("Building the functions' zip; pypdf comes from the package index …")
    done = children.run([sys.executable, _BUILD, _ZIP])
    if done.returncode:
        reason = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
        raise UsageError(f"A PDF needs pypdf, but pip cannot install it from a Python package index: {reason}")


def _show(applied: Applied, text: Mapping[str, str], index: Mapping[str, str]) -> None:
    s3 = applied.local.client("s3")
    first = f"bytes=0-{_SHOWN_BYTES - 1}"
    head = s3.get_object(Bucket=text["bucket"], Key=text["key"], Range=first)["Body"].read().decode(errors="ignore")
    lines = "\n".join(head.splitlines()[:_SHOWN_LINES])
    title = Text.assemble("the first lines of ", text["key"])
    console.print("", Panel(Text(lines, no_wrap=True, overflow="ellipsis"), title=title, title_align="left"))
    totals = json.load(s3.get_object(Bucket=index["bucket"], Key=index["key"])["Body"])
    table = Table("pages", "missing", "words", "characters", title="the index's totals", title_justify="left")
    table.add_row(*(f"{n:,}" for n in (totals["pages"], len(totals["missing"]), totals["words"], totals["characters"])))
    console.print(table)


def _show_next_step(applied: Applied, key: str) -> bool:
    """Show the execution that EventBridge has started with the text; return whether it has ended well."""
    execution = _awaited(Machine(applied.local, applied.outputs["next_machine_arn"]), key)
    seen = execution.look() if execution else None
    ended = seen.status if seen else "never started"
    console.print(Text.assemble("The next step, which EventBridge starts with the text: ", (ended, "bold"), "."))
    return ended == "SUCCEEDED"


def _awaited(machine: Machine, key: str) -> Execution | None:
    for _ in range(_LOOKS):
        for execution in machine.executions().values():
            seen = execution.look()
            if seen.ended and json.loads(seen.description["input"])["object"]["key"] == key:
                return execution
        time.sleep(0.1)
    return None
