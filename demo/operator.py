"""The operator's command on the local AWS: shown as it is typed, and run."""

import os
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.text import Text

from demo.contract import ROOT, Applied
from emulator.state_machine import Machine, Seen
from tools import children
from tools.screen import console

_PACKAGES = os.pathsep.join(str(ROOT / folder) for folder in ("lambda_src", "operator_src"))
_COMMAND = (sys.executable, "-m", "sfn_callback_operator")
_SUCCEEDED, _DID_NOT = 0, 1
_END_SECONDS = 5


class Operator:
    """Somebody who types ``sfn-callback …`` in this checkout, about one workflow."""

    def __init__(self, applied: Applied) -> None:
        machine = applied.outputs["state_machine_arn"]
        self.machine = Machine(applied.local, machine)
        self._environment = {
            **applied.local.environment,
            "PYTHONPATH": _PACKAGES,
            "SFN_CALLBACK_NAME": machine.rpartition(":")[2].rpartition("-")[0],
        }

    def types(self, *arguments: str) -> int:
        """Show a command and run it, on this terminal; return its exit code."""
        console.print(
            Text.assemble("\n", ("$ ", "dim"), (shlex.join(["sfn-callback", *arguments]), "bold")), soft_wrap=True
        )
        console.file.flush()
        return run(arguments, self._environment)

    def starts(self, *arguments: str, begun_by: Callable[[Any], bool]) -> tuple[str, Seen]:
        """Start an execution and see it through; return its name, and what it was like at its end.

        ``begun_by`` tells its input from those of others.

        Raises:
            RuntimeError: the command did something else.
        """
        code = self.types("start", *arguments, "--wait")
        if code not in (_SUCCEEDED, _DID_NOT):
            raise RuntimeError(f"sfn-callback start ended with exit code {code}.")
        execution = self.machine.newest(begun_by)
        return execution.name, execution.look()


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command on this terminal; return its exit code."""
    interrupted: dict[str, Any] = {"ended_by": signal.SIGINT, "within": _END_SECONDS}
    with children.started([*_COMMAND, *arguments], env=environment, **interrupted) as process:
        return process.wait()


def logged(group: str) -> str:
    """Return the command that shows what is in a log group."""
    return f"aws logs filter-log-events --query 'events[].message' --output text --log-group-name {group}"
