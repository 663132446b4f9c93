"""``make demo``: the documents workflow on a local AWS, from ``terraform apply`` to the merged result."""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from local import aws, sample
from local.aws import LocalAws
from local.run import Run
from local.terraform import Root
from local.toolchain import TerraformError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".local" / "demo"
_EXAMPLE = ROOT / "examples" / "documents"
_VARIABLES = {
    # A laptop is not a region: cap the workers. The reason for "*" is in the README, under "The local AWS".
    "reserved_concurrency": 8,
    "resume_resources": ["*"],
    "force_destroy": True,
}

console = Console()


def main() -> int:
    """Run the demo; return 0 only when the execution succeeded."""
    options = _options()
    # A stop from outside cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    if aws.stop_left(FOLDER / "aws"):
        console.print("Stopped the local AWS that was still running.")
    shutil.rmtree(FOLDER, ignore_errors=True)
    if options.stop:
        return 0
    try:
        return _demo(options)
    except (TerraformError, OSError, RuntimeError) as problem:
        console.print(Panel(escape(str(problem)), title="The demo could not run", border_style="red"))
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted. The local AWS is stopped, and nothing is left of it.")
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "document", nargs="?", default=os.environ.get("DOCUMENT"), help="a UTF-8 text; default: a made one"
    )
    parser.add_argument(
        "--keep", action="store_true", default=os.environ.get("KEEP", "0") not in ("", "0"), help="let it run"
    )
    parser.add_argument("--stop", action="store_true", help="stop what --keep left running")
    return parser.parse_args()


def _demo(options: argparse.Namespace) -> int:
    times: list[tuple[str, float]] = []
    document, name = _document(options.document)
    with contextlib.ExitStack() as at_the_end:
        with _timed(times, "start the local AWS"), console.status("Starting the local AWS …"):
            at_the_end.callback(shutil.rmtree, FOLDER, ignore_errors=True)
            local = aws.start(FOLDER / "aws")
            at_the_end.callback(local.stop)
        root = Root(_EXAMPLE, FOLDER / "terraform", local.environment, _VARIABLES)
        with _timed(times, "terraform apply"), _counted("terraform apply") as count:
            root.init()
            outputs = root.apply(count)
        run = Run(local, outputs)
        follow(run, document, name)
        times += run.phases()
        succeeded = show_end(run)
        if options.keep:
            at_the_end.pop_all()
            show_how_to_go_on(local, outputs, FOLDER)
        else:
            with _timed(times, "terraform destroy"), _counted("terraform destroy") as count:
                root.destroy(count)
    _show_times(times)
    return 0 if succeeded else 1


def _document(path: str | None) -> tuple[bytes, str]:
    return (Path(path).read_bytes(), Path(path).name) if path else (sample.text().encode(), "sample.txt")


def follow(run: Run, document: bytes, name: str) -> None:
    """Drop the document and show what its execution does, until it has ended."""
    where = run.drop(document, name)
    console.print(f"Dropped {where} ({len(document):,} bytes): that starts an execution.")
    with _bar() as bar:
        task = bar.add_task("waiting for the execution", total=None)
        for at in run.follow():
            bar.update(
                task, description=f"{at.state or at.status}: chunks done", completed=at.done, total=at.chunks or None
            )


@contextlib.contextmanager
def _timed(times: list[tuple[str, float]], phase: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    times.append((phase, time.monotonic() - begun))


@contextlib.contextmanager
def _counted(what: str) -> Iterator[Callable[[int, int], None]]:
    with _bar() as bar:
        task = bar.add_task(f"{what}: resources", total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned or None)


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def show_end(run: Run) -> bool:
    """Show the result, or the failure branch; return whether the execution succeeded."""
    end = run.describe()
    if end["status"] == "SUCCEEDED":
        _show_result(json.loads(end["output"]), run.result())
        return True
    report = run.report()
    text = f"[bold]{escape(str(end.get('error')))}[/bold]: {escape(str(end.get('cause')))}"
    if report:
        text += (
            "\n\nThis is the failure branch: the machine was resumed with that failure, wrote this report,"
            f" and then failed with the original error.\n\n{escape(json.dumps(report, indent=2, ensure_ascii=False))}"
        )
    console.print(Panel(text, title=f"The execution has {end['status']}", border_style="red"))
    return False


def _show_result(output: dict[str, Any], result: dict[str, Any]) -> None:
    console.print_json(data=output)
    console.print(f"{result['words']:,} words, {result['distinct']:,} distinct; the most frequent:")
    words = Table("word", "times")
    for word, times in result["top"]:
        words.add_row(escape(word), f"{times:,}")
    console.print(words)


def _show_times(times: list[tuple[str, float]]) -> None:
    table = Table("phase", "seconds")
    for phase, seconds in times:
        table.add_row(phase, f"{seconds:.1f}")
    console.print(table)
    console.print(
        "Look next: states/documents.asl.json, the machine; lambda_src/sfn_callback/fanin.py, the protocol;"
        " README.md, how to bring your own split, process and merge. KEEP=1 make demo lets the local AWS run on."
    )


def show_how_to_go_on(local: LocalAws, outputs: dict[str, Any], folder: Path) -> Path:
    """Say how to use the local AWS that runs on; return the file, in ``folder``, to source for that."""
    exports = folder / "environment.sh"
    names = [name for name in local.environment if name.startswith("AWS_")]
    exports.write_text("".join(f"export {name}={shlex.quote(local.environment[name])}\n" for name in names))
    bucket, machine = outputs["bucket"], outputs["state_machine_arn"]
    console.print("\nThe local AWS is still running. In a shell:\n")
    console.print(f". {exports}", soft_wrap=True, highlight=False)
    console.print(f"aws s3 cp README.md s3://{bucket}/documents/", soft_wrap=True, highlight=False)
    console.print(f"aws stepfunctions list-executions --state-machine-arn {machine}", soft_wrap=True, highlight=False)
    console.print(f"aws s3 ls --recursive s3://{bucket}/merged/", soft_wrap=True, highlight=False)
    logs = "aws logs filter-log-events --query 'events[].message' --output text --log-group-name"
    console.print(f"{logs} {outputs['log_group_names']['process']}", soft_wrap=True, highlight=False)
    console.print("\nStop it with: make demo-stop\n", highlight=False)
    return exports


if __name__ == "__main__":
    sys.exit(main())
