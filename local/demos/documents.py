"""The demo of ``documents``: drop a text, see its chunks being done, read the merged counts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from local import sample
from local.demos import commands
from local.demos.contract import EVERYWHERE, Applied, End
from local.execution import Execution, Seen
from local.run import Run
from local.screen import bar, console, failure


class Documents:
    """Takes the text at ``DOCUMENT``, or a made one."""

    workflow = "documents"
    # A laptop is not a region: cap the workers.
    variables: Mapping[str, Any] = {**EVERYWHERE, "reserved_concurrency": 8}
    look_next: Mapping[str, str] = {
        "states/documents.asl.json": "the machine",
        "lambda_src/sfn_callback/fanin.py": "the protocol that resumes it exactly once",
        "README.md": "how to bring your own split, process and merge",
        "DOCUMENT=my.txt": "a text of yours",
    }

    def __init__(self, environment: Mapping[str, str]) -> None:
        path = environment.get("DOCUMENT")
        self._document = Path(path).read_bytes() if path else sample.text().encode()
        self._name = Path(path).name if path else "sample.txt"

    def run(self, applied: Applied) -> End:
        """Drop the document, and show what its execution does and how it ends."""
        run = Run(applied.local, applied.outputs)
        where = run.drop(self._document, self._name)
        console.print(f"Dropped {where} ({len(self._document):,} bytes): that starts an execution.")
        execution, seen = _followed(run)
        if seen.status == "SUCCEEDED":
            _show_result(run, json.loads(seen.description["output"]))
        else:
            _show_failure(run, execution, seen)
        return End(seen.status == "SUCCEEDED", seen.phases())

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to drop another document, and where to look."""
        bucket = outputs["bucket"]
        return [
            f"aws s3 cp README.md s3://{bucket}/documents/",
            commands.executions(outputs["state_machine_arn"]),
            f"aws s3 ls --recursive s3://{bucket}/merged/",
            commands.logged(outputs["log_group_names"]["process"]),
        ]


def _followed(run: Run) -> tuple[Execution, Seen]:
    with bar() as shown:
        task = shown.add_task("waiting for the execution", total=None)
        execution = run.started()
        for at in run.follow(execution):
            where = (at.execution.states or [at.execution.status])[-1]
            shown.update(task, description=f"{where}: chunks done", completed=at.done, total=at.chunks or None)
    return execution, at.execution


def _show_result(run: Run, output: dict[str, Any]) -> None:
    result = run.result(output)
    console.print_json(data=output)
    console.print(f"{result['words']:,} words, {result['distinct']:,} distinct; the most frequent:")
    words = Table("word", "times")
    for word, times in result["top"]:
        words.add_row(escape(word), f"{times:,}")
    console.print(words)


def _show_failure(run: Run, execution: Execution, seen: Seen) -> None:
    report = run.report(execution)
    branch = (
        "This is the failure branch: the machine was resumed with that failure, wrote this report,"
        f" and then failed with the original error.\n\n{json.dumps(report, indent=2, ensure_ascii=False)}"
    )
    console.print(failure(seen, branch if report else ""))
