"""The demos of ``direct``, ``queue`` and ``topic``: give tasks to a worker, and see every outcome of the machine."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.contract import EVERYWHERE, Applied, UsageError
from demo.operator import Operator, logged
from emulator.state_machine import Seen
from tools.screen import console


@dataclass(frozen=True)
class Case:
    """A task for the demo workload, and the outcome that it must have; ``None`` if that is left to chance."""

    task: dict[str, Any]
    end: str | None = None

    def fits(self, seen: Seen) -> bool:
        """Tell whether the execution ended by its machine's own branches, and as it must."""
        return seen.by_a_branch and self.end in (None, seen.error or seen.status)


EACH_END = (
    Case({"done_chance": 1, "sleep_seconds": 1}, "SUCCEEDED"),
    Case({"done_chance": 0, "fail_chance": 1, "sleep_seconds": 1}, "ProcessingFailed"),
    Case({"done_chance": 0, "fail_chance": 0, "sleep_seconds": 1}, "RuntimeError"),
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
            "lambda_src/sfn_callback/tasks/worker.py": "how a worker answers, whatever happens",
            "docs/workloads.md": "how to bring your own work",
            """TASK='{"done_chance": 0.7, "seed": 3}'""": "your own task",
        }
        self._handed = handed
        text = environment.get("TASK")
        self._cases = (Case(_task(text)),) if text else EACH_END

    def run(self, applied: Applied) -> bool:
        """Start an execution for each task, and show how they end."""
        console.print(f"Each execution hands its task and its token to a worker, {self._handed}, and waits.")
        operator = Operator(applied)
        ends = [self._ended(operator, case.task) for case in self._cases]
        operator.types("jobs", "--all")
        good = all(case.fits(seen) for case, seen in zip(self._cases, ends, strict=True))
        console.print(f"{'[green]✓ E' if good else '[red]✗ Not e'}very execution ended as it should.")
        return good

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to start another execution, and where to look."""
        return [
            f"sfn-callback {shlex.join(self._start({'done_chance': 0.7, 'sleep_seconds': 1}))} --wait",
            "sfn-callback jobs --all",
            logged(outputs["callback"]["log_group_names"][f"{self.workflow}_worker"]),
        ]

    def _ended(self, operator: Operator, task: Mapping[str, Any]) -> Seen:
        _, *given = self._start(task)
        _, seen = operator.starts(*given, begun_by=lambda begun: begun == task)
        return seen

    def _start(self, task: Mapping[str, Any]) -> list[str]:
        return ["start", "--workflow", self.workflow, "--input", json.dumps(task)]


def _task(text: str) -> dict[str, Any]:
    try:
        task = json.loads(text)
    except ValueError:
        task = None
    if not isinstance(task, dict):
        raise UsageError(f'TASK must be a JSON object such as {{"done_chance": 0.7, "seed": 3}}, not {text!r}.')
    return task
