"""What all demos show on the terminal: what is counted, and what has failed."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from local.execution import Seen
from local.terraform import Report

console = Console()


def bar() -> Progress:
    """Return a bar that shows what is counted, and the time that it takes."""
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


@contextlib.contextmanager
def counted(what: str) -> Iterator[Report]:
    """Count the resources that Terraform is done with."""
    with bar() as shown:
        task = shown.add_task(f"{what}: resources", total=None)
        yield lambda done, planned: shown.update(task, completed=done, total=planned or None)


def failure(seen: Seen, more: str = "") -> Panel:
    """Return what an execution failed with, and ``more`` below it."""
    text = Text.assemble((str(seen.error), "bold"), f": {seen.description.get('cause')}")
    if more:
        text.append(f"\n\n{more}")
    return Panel(text, title=f"The execution has {seen.status}", border_style="red")
