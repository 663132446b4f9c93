"""The terminal, and what is counted on it."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from local.patience import Report

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
