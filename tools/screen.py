"""The terminal, and what is counted on it."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tools.terraform_progress import Report

_TELL_SECONDS = 10

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
def step(what: str) -> Iterator[None]:
    """Show that something goes on: on a terminal while it does, elsewhere by a line."""
    if console.is_terminal:
        with console.status(f"{what} …"):
            yield
    else:
        console.print(f"{what} …", highlight=False)
        yield


@contextlib.contextmanager
def counted(what: str) -> Iterator[Report]:
    """Count the resources that Terraform is done with: on a terminal by a bar, elsewhere by a line now and then."""
    if not console.is_terminal:
        console.print(f"{what} …", highlight=False)
        lines = _Lines(what)
        yield lines.take
        lines.end()
        return
    with bar() as shown:
        task = shown.add_task(f"{what}: resources", total=None)
        yield lambda done, planned: shown.update(task, completed=done, total=planned or None)


class _Lines:
    """Says how far something is, every ten seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = self._begun = time.monotonic()
        self._counts = (0, 0)

    def take(self, done: int, planned: int) -> None:
        """Note how many resources are done, and how many are planned."""
        self._counts = (done, planned)
        if time.monotonic() - self._told >= _TELL_SECONDS:
            self.end()

    def end(self) -> None:
        """Say how far it is."""
        self._told = time.monotonic()
        done, planned = self._counts
        far = f"{done} of {max(done, planned)} resources" if done or planned else "planning"
        console.print(f"{self._what}: {far}, {self._told - self._begun:.0f} s", highlight=False)
