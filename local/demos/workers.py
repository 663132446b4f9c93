"""The demos of ``direct``, ``queue`` and ``topic``: give tasks to a worker, and see each end that the machine has."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table

from local.demos import commands
from local.demos.contract import EVERYWHERE, Applied, End, UsageError
from local.execution import Machine, Seen, follow
from local.screen import console

_LONGEST = 300
"""Characters of an output or a cause that are shown."""
_COLOURS = {"RUNNING": "yellow", "SUCCEEDED": "green"}


@dataclass(frozen=True)
class Case:
    """A task for the demo workload, and the end that it must have: none, where that is left to chance."""

    task: dict[str, Any]
    end: str | None = None

    def fits(self, seen: Seen) -> bool:
        """Tell whether the execution ended by its machine's own branches, and as it must."""
        return seen.by_a_branch and self.end in (None, seen.error or seen.status)


EACH_END = (
    Case({"done_chance": 1, "sleep_seconds": 1}, "SUCCEEDED"),
    Case({"done_chance": 0, "fail_chance": 1, "sleep_seconds": 2}, "ProcessingFailed"),
    Case({"done_chance": 0, "fail_chance": 0, "sleep_seconds": 3}, "RuntimeError"),
)


class Workers:
    """Takes the task in ``TASK``, or one for each end.

    Args:
        workflow: its name.
        handed: how a task and its token are handed to the worker.
        environment: has ``TASK``, or not.
    """

    variables = EVERYWHERE

    def __init__(self, workflow: str, handed: str, environment: Mapping[str, str]) -> None:
        self.workflow = workflow
        self.look_next = {
            f"states/{workflow}.asl.json": "the machine",
            "lambda_src/sfn_callback/tasks.py": "how a worker answers, whatever happens",
            "README.md": "how to bring your own work",
            """TASK='{"done_chance": 0.7, "seed": 3}'""": "a task of yours",
        }
        self._handed = handed
        text = environment.get("TASK")
        self._cases = (Case(_task(text)),) if text else EACH_END

    def run(self, applied: Applied) -> End:
        """Start an execution for each task, all at once, and show what they do and how they end."""
        machine = Machine(applied.local, applied.outputs["state_machine_arn"])
        executions = [machine.start(case.task) for case in self._cases]
        console.print(f"Each execution hands its task and its token to a worker, {self._handed}, and waits.")
        with Live(console=console, transient=True) as live:
            for seen in follow(executions):
                live.update(_table(self._cases, seen))
        console.print(_table(self._cases, seen))
        good = all(case.fits(one) for case, one in zip(self._cases, seen, strict=True))
        console.print(f"{'[green]✓ E' if good else '[red]✗ Not e'}very execution ended as it should.")
        return End(good, [("the executions", max(_seconds(one) for one in seen))])

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to start another execution, and where to look."""
        machine = outputs["state_machine_arn"]
        return [
            commands.start(machine, {"done_chance": 0.7, "sleep_seconds": 1}),
            commands.executions(machine),
            commands.logged(outputs["callback"]["log_group_names"][f"{self.workflow}_worker"]),
        ]


def _task(text: str) -> dict[str, Any]:
    try:
        task = json.loads(text)
    except ValueError:
        task = None
    if not isinstance(task, dict):
        raise UsageError(f'TASK must be a JSON object such as {{"done_chance": 0.7, "seed": 3}}, not {text!r}.')
    return task


def _table(cases: Sequence[Case], seen: Sequence[Seen]) -> Table:
    free = [Column(name, overflow="fold") for name in ("task", "output or error")]
    table = Table(free[0], "end", free[1], "states", show_lines=True)
    for case, one in zip(cases, seen, strict=True):
        task = "\n".join(f"{name}: {json.dumps(value)}" for name, value in case.task.items())
        table.add_row(escape(task), _end(case, one), _brought(one), "\n→ ".join(one.states))
    return table


def _end(case: Case, seen: Seen) -> str:
    end = f"[{_COLOURS.get(seen.status, 'red')}]{seen.status}"
    wrong = seen.ended and not case.fits(seen)
    return f"{end}\nand not {case.end or 'by a branch'}" if wrong else end


def _brought(seen: Seen) -> str:
    if seen.error:
        return f"[bold]{escape(seen.error)}[/bold]: {_short(seen.description.get('cause', ''))}"
    return _short(seen.description.get("output", ""))


def _short(text: str) -> str:
    return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …")


def _seconds(seen: Seen) -> float:
    taken: float = (seen.description["stopDate"] - seen.description["startDate"]).total_seconds()
    return taken
