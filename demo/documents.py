"""The demo of ``documents``: a text is started and seen through, and one that fails; then what can be seen of both."""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from demo import sample
from demo.contract import EVERYWHERE, FOLDER, ROOT, Applied, readable
from demo.operator import Operator, logged
from tools.screen import console

_TIMELINE = ROOT / ".local" / "timeline.html"
_TOP = 10
_MB = 1024 * 1024
_PARTS_OVER_MB = 16
_LARGE_CHUNK_BYTES = 64 * 1024


class Documents:
    """Takes the text at ``DOCUMENT``, in parts if it is large, or two made ones, of which the second fails."""

    workflow = "documents"
    look_next: Mapping[str, str] = {
        "states/documents.asl.json": "the machine",
        "lambda_src/sfn_callback/fanin/protocol.py": "the protocol that resumes it exactly once",
        "docs/workloads.md": "how to bring your own split, process and merge",
        "DOCUMENT=my.txt": "your own text, or a PDF",
    }

    def __init__(self, environment: Mapping[str, str]) -> None:
        given = environment.get("DOCUMENT")
        self._given = readable(given) if given else None
        self._in_parts = self._given is not None and self._given.stat().st_size > _PARTS_OVER_MB * _MB
        # A laptop is not a region: cap the workers, and give each more to do.
        capped = {**EVERYWHERE, "reserved_concurrency": 8}
        large = {"parts": {"over_mb": _PARTS_OVER_MB}, "chunk_bytes": _LARGE_CHUNK_BYTES}
        self.variables: Mapping[str, Any] = {**capped, **large} if self._in_parts else capped

    def run(self, applied: Applied) -> bool:
        """Start the documents, and show how they end."""
        if self._in_parts:
            machine = {"state_machine_arn": applied.outputs["parts_machine_arn"]}
            applied = replace(applied, outputs={**applied.outputs, **machine})
        operator, s3 = Operator(applied), applied.local.client("s3")
        ends = [_seen_through(operator, s3, path) for path in self._documents()]
        operator.types("jobs", "--all")
        if self._given:
            return ends == ["SUCCEEDED"]
        console.print("\nThe second one fails on purpose: one of its paragraphs says !fail.")
        return ends == ["SUCCEEDED", "FAILED"]

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to start another document, and where to look."""
        return [
            shlex.join(["sfn-callback", "start", str(ROOT / "README.md"), "--wait"]),
            "sfn-callback jobs --all",
            f"aws s3 ls --recursive s3://{outputs['bucket']}/merged/",
            logged(outputs["log_group_names"]["process"]),
        ]

    def _documents(self) -> list[Path]:
        if self._given:
            return [self._given]
        return [_made("sample.txt", sample.text()), _made("failing.txt", sample.failing())]


def _made(name: str, text: str) -> Path:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _seen_through(operator: Operator, s3: Any, path: Path) -> str:
    key = f"documents/{path.name}"
    name, seen = operator.starts(os.path.relpath(path), begun_by=lambda given: given.get("key") == key)
    if seen.status == "SUCCEEDED":
        _show_result(s3, seen.output["result"])
        if "parts" in seen.output:
            operator.types("show", name)
        operator.types("timeline", name, "-o", os.path.relpath(_TIMELINE))
    else:
        operator.types("show", name)
    return seen.status


def _show_result(s3: Any, where: dict[str, str]) -> None:
    result = json.load(s3.get_object(Bucket=where["bucket"], Key=where["key"])["Body"])
    counts = f"{result['words']:,} words, {result['distinct']:,} distinct"
    console.print(f"\nMerged: {counts}; the most frequent:", highlight=False)
    words = Table("word", "times")
    for word, times in result["top"][:_TOP]:
        words.add_row(escape(word), f"{times:,}")
    console.print(words)
