"""The interface of every demo, and what it receives."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from emulator.aws import LocalAws

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".local" / "demo"
"""What a demo needs while it runs."""

# The reason for "*" is in docs/local-aws.md.
EVERYWHERE: Mapping[str, Any] = {"resume_resources": ["*"], "force_destroy": True}
"""The variables that every example has on the local AWS."""


class UsageError(ValueError):
    """The request is invalid; the message is one line that says what is possible."""


@dataclass(frozen=True)
class Applied:
    """A workflow's example as it was applied."""

    local: LocalAws
    outputs: dict[str, Any]


class Demo(Protocol):
    """The demo of a workflow. Making it takes the environment, and refuses it before anything is started."""

    @property
    def workflow(self) -> str:
        """Its name, which is its example's folder."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables of its example."""

    @property
    def look_next(self) -> Mapping[str, str]:
        """What to read or try next, each with a description."""

    def run(self, applied: Applied) -> bool:
        """Start executions by the operator's commands; return whether they have ended as they should."""

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return the commands with which to continue by hand."""


_ON, _OFF = ("1", "yes", "y", "true", "on"), ("", "0", "no", "n", "false", "off")


def is_given(environment: Mapping[str, str], name: str) -> bool:
    """Tell whether an option has a value, or is a switch that is on."""
    return environment.get(name, "").strip().lower() not in _OFF


def switched_on(environment: Mapping[str, str], name: str) -> bool:
    """Tell whether a switch such as ``KEEP=1`` is on.

    Raises:
        UsageError: it is neither on nor off.
    """
    value = environment.get(name, "").strip().lower()
    if value not in (*_ON, *_OFF):
        raise UsageError(f"{name} must be 1 or 0, yes or no, not {environment[name]!r}.")
    return value in _ON


def readable(name: str) -> Path:
    """Return the path of the document that ``DOCUMENT`` names.

    Raises:
        UsageError: it cannot be read.
    """
    path = Path(name).expanduser()
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise UsageError(
            f"DOCUMENT={name} cannot be read ({error.strerror}): give the path of a text file or a PDF."
        ) from None
