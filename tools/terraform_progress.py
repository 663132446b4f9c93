"""Follows a Terraform command by its JSON messages, says what takes long, and stops it if it takes too long."""

import json
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tools.toolchain import TerraformError

Report = Callable[[int, int], None]
"""Is told how many resources are done, and how many are planned."""

_LOOK_SECONDS = 0.2
_NAMED = 5


class GivenUp(TerraformError):
    """A command took too long; the message says which, and what it was still doing."""


def _tell_nobody(_sentence: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Patience:
    """How long a command may take, and who is told what it waits for. All times are in seconds."""

    tell: Callable[[str], None] = _tell_nobody
    tell_every: float = 60
    give_up_after: float = 300
    end_within: float = 10
    """What it has to end by itself, once it is interrupted."""


ENDLESS = Patience(tell_every=math.inf, give_up_after=math.inf)


@dataclass
class Messages:
    """What Terraform has said so far: https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""

    done: int = 0
    planned: int = 0
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)
    """How each resource is planned to change, by its address: ``create``, ``read``, ``update``, ``replace``…"""
    outputs: dict[str, Any] = field(default_factory=dict)
    """The root module's outputs, but for sensitive ones, which are not said."""
    under_way: dict[str, None] = field(default_factory=dict)
    """The addresses of the resources that are being worked on, in the order in which that began."""

    def take(self, line: str) -> None:
        """Take one line of its output."""
        try:
            message = json.loads(line)
        except ValueError:
            self.problems.append(line.rstrip())
            return
        self._count(message)
        self._keep(message)
        said = {"error": self.problems, "warn": self.warnings}.get(message["@level"])
        if said is not None:
            said.append(f"{message['@message']}\n{message.get('diagnostic', {}).get('detail', '')}".strip())

    def _keep(self, message: dict[str, Any]) -> None:
        if message["type"] == "planned_change":
            change = message["change"]
            self.changes[change["resource"]["addr"]] = change["action"]
        if message["type"] == "outputs":
            # A plan says of each only how it would change.
            self.outputs = {name: one["value"] for name, one in message["outputs"].items() if "value" in one}

    def _count(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "change_summary":
            changes = message["changes"]
            self.planned = max(self.planned, changes["add"] + changes["change"] + changes["remove"])
        if kind in ("refresh_start", "apply_start"):
            self.under_way[message["hook"]["resource"]["addr"]] = None
        if kind in ("refresh_complete", "apply_complete", "apply_errored"):
            self.under_way.pop(message["hook"]["resource"]["addr"], None)
        # Data sources are read with a "complete" of their own.
        self.done += kind == "apply_complete" and message["hook"]["action"] != "read"

    def waits_for(self) -> str:
        """Return the resources that are being worked on, as a part of a sentence."""
        named, more = [*self.under_way][:_NAMED], len(self.under_way) - _NAMED
        return ", ".join(named) + (f" and {more} more" if more > 0 else "") or "something that it does not name"


def follow(command: str, lines: Iterable[str], progress: Report, patience: Patience) -> Messages:
    """Read a command's output to its end, and return what it has said.

    Raises:
        GivenUp: it takes longer than ``patience`` allows.
    """
    messages, begun, reports = Messages(), time.monotonic(), 1
    for line in _or_silence(lines):
        if line:
            messages.take(line)
            progress(messages.done, messages.planned)
        taken = time.monotonic() - begun
        if taken >= patience.give_up_after:
            waited_for = messages.waits_for()
            raise GivenUp(f"{command} was stopped after {taken:.0f} seconds, while it waited for {waited_for}.")
        if taken >= reports * patience.tell_every:
            reports += 1
            patience.tell(f"{command} has taken {taken:.0f} seconds. It waits for {messages.waits_for()}.")
    return messages


def _or_silence(lines: Iterable[str]) -> Iterator[str]:
    """Yield each line, and an empty text where there is none for a moment."""
    arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines, arrived), daemon=True).start()
    while True:
        try:
            line = arrived.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def _read(lines: Iterable[str], arrived: "queue.SimpleQueue[str | None]") -> None:
    # The output may be closed under it, when the command is given up.
    with suppress(ValueError):
        for line in lines:
            arrived.put(line)
    arrived.put(None)
