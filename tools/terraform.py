"""Terraform as the demo and the tests use it: one root module, applied and destroyed, with its progress."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import children, shell, toolchain
from tools.terraform_progress import ENDLESS, Messages, Patience, Report, follow
from tools.toolchain import TerraformError


def quiet(_done: int, _planned: int) -> None:
    """Report to nobody."""


BACKEND = "TF_HTTP_ADDRESS"
"""Where a module's backend is, if it has one: https://developer.hashicorp.com/terraform/language/backend/http."""

# Most resources only wait in the provider, which takes no processor.
_AT_ONCE = 300


@dataclass(frozen=True)
class Root:
    """A root module with its state and plugins in ``work``, so that the checkout stays clean."""

    module: Path
    work: Path
    base: Mapping[str, str]
    variables: Mapping[str, Any]

    def init(self) -> None:
        """Install providers and modules."""
        self.work.mkdir(parents=True, exist_ok=True)
        self._run("init", "-input=false", **shell.fetching(os.environ))

    def apply(self, progress: Report = quiet) -> dict[str, Any]:
        """Apply; call ``progress`` with resources done and planned; return the outputs that are not sensitive."""
        return self.applied(progress).outputs

    def applied(self, progress: Report = quiet, *, looking_first: bool = True) -> Messages:
        """Apply as :meth:`apply` does; return all that Terraform has said.

        Args:
            progress: as for :meth:`apply`.
            looking_first: whether Terraform reads first what there is, rather than believe its state.
        """
        return self._stream(progress, ENDLESS, "apply", "-auto-approve", _refresh(looking_first), *self._options())

    def destroy(self, progress: Report = quiet, patience: Patience = ENDLESS, *, looking_first: bool = True) -> None:
        """Destroy all that was applied; progress as for :meth:`apply`. After a plan nobody need look first.

        Raises:
            GivenUp: it takes longer than ``patience`` allows; it was ended, with all that it had started.
        """
        self._stream(progress, patience, "destroy", "-auto-approve", _refresh(looking_first), *self._options())

    def plan(self, *, looking_first: bool = True) -> Messages:
        """Plan; return all that Terraform has said. ``looking_first`` as for :meth:`applied`."""
        return self._stream(quiet, ENDLESS, "plan", _refresh(looking_first), *self._options())

    def planned_changes(self) -> list[dict[str, Any]]:
        """Return all that gives ``terraform plan -detailed-exitcode`` a code of 2, as Terraform's JSON plan has it.

        Resources that would change, data sources that would be read at the apply, and outputs (type ``output``).
        """
        plan = self.work / "plan"
        self._run("plan", "-input=false", f"-out={plan}", *self._options())
        shown = json.loads(self._run("show", "-json", str(plan)))
        outputs = shown.get("output_changes", {}).items()
        changes = [{"address": f"output.{name}", "type": "output", "change": change} for name, change in outputs]
        changes = [*shown.get("resource_changes", []), *changes]
        return [one for one in changes if one["change"]["actions"] != ["no-op"]]

    def _options(self) -> list[str]:
        variables = [
            f"-var={name}={json.dumps(value)}" for name, value in self.variables.items() if not isinstance(value, str)
        ]
        texts = [f"-var={name}={value}" for name, value in self.variables.items() if isinstance(value, str)]
        return [*self._state(), *variables, *texts]

    def _state(self) -> list[str]:
        # A module with a backend has its state there.
        return [] if BACKEND in self.base else [f"-state={self.work / 'terraform.tfstate'}"]

    def _command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        terraform = toolchain.binary()
        ours = toolchain.environment(self.base, terraform) | {"TF_DATA_DIR": str(self.work / "data")}
        return [terraform, *arguments], ours

    def _call(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        command, ours = self._command(*arguments, "-no-color")
        with children.scratch(ours | more) as environment:
            return children.run(command, cwd=self.module, env=environment)

    def _run(self, *arguments: str, **more: str) -> str:
        done = self._call(*arguments, **more)
        if done.returncode:
            raise TerraformError(done.stderr or done.stdout)
        return done.stdout

    def _stream(self, progress: Report, patience: Patience, *arguments: str) -> Messages:
        action, *given = arguments
        command, variables = self._command(action, "-input=false", "-json", f"-parallelism={_AT_ONCE}", *given)
        # Ctrl-C reaches Terraform once, from here: twice it would drop its state.
        ended: dict[str, Any] = {"ended_by": signal.SIGINT, "within": patience.end_within}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with (
            children.scratch(variables) as environment,
            children.started(command, cwd=self.module, env=environment, **ended, **streams) as process,
        ):
            said = follow(f"terraform {action}", process.stdout or (), progress, patience)
        if process.returncode:
            raise TerraformError("\n".join(said.problems))
        return said


def _refresh(looking_first: bool) -> str:
    return f"-refresh={json.dumps(looking_first)}"


def main() -> int:
    """Run the Terraform that was found, with the arguments as they are, in the module's root."""
    root = Path(__file__).resolve().parent.parent
    shell.seal()
    terraform = toolchain.binary()
    environment = toolchain.environment(os.environ, terraform) | {"TF_DATA_DIR": str(root / ".local" / "module")}
    # In a group of its own it could not read from the terminal.
    return subprocess.run([terraform, *sys.argv[1:]], cwd=root, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
