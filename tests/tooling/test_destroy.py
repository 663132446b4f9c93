"""A ``terraform destroy`` that takes too long says what it waits for, and is given up."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from demo import choice
from demo import run as demo_run
from demo.contract import Applied
from tests.tooling.processes import running
from tools import toolchain
from tools.terraform import Root, quiet
from tools.terraform_progress import ENDLESS, GivenUp, Patience, follow

BUCKET, DONE, QUEUE = "aws_s3_bucket.this", "aws_sqs_queue.done", "aws_sqs_queue.this"
ROLES = [f"aws_iam_role.this[{number}]" for number in range(9)]


def message(kind: str, **more: Any) -> str:
    return json.dumps({"@level": "info", "@message": "", "type": kind, **more}) + "\n"


def begun(address: str, kind: str = "apply_start") -> str:
    return message(kind, hook={"resource": {"addr": address}, "action": "delete"})


SAID = [
    *(begun(BUCKET, kind) for kind in ("refresh_start", "refresh_complete")),
    message("change_summary", changes={"add": 0, "change": 0, "remove": 3}),
    *map(begun, (BUCKET, DONE, QUEUE)),
    begun(DONE, "apply_complete"),
]

# Its messages, and then nothing more; an interrupt is not enough to end it, nor its provider.
FAKE = """#!/bin/sh
test "$1" = destroy || exit 0
trap '' INT
sleep 3600 &
echo $$ $! > "{processes}"
cat "{messages}"
wait
"""

Told = list[str]
Hanging = Callable[[list[str]], Iterator[str]]


@pytest.fixture
def messages() -> Told:
    return []


@pytest.fixture
def patience(messages: Told) -> Patience:
    """A patience that ends soon, but not before a shell has written some lines."""
    return Patience(messages.append, tell_every=0.5, give_up_after=2, end_within=0.1)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    """What yields some lines, and then does not end before the test has."""
    ended = threading.Event()

    def lines(said: list[str]) -> Iterator[str]:
        yield from said
        ended.wait()

    yield lines
    ended.set()


def test_a_command_that_ends_is_followed_to_its_end() -> None:
    counted: list[tuple[int, int]] = []
    problem = message("diagnostic", **{"@level": "error", "@message": "Error: no", "diagnostic": {"detail": "Why."}})
    found = follow("it", [*SAID, problem, "no JSON\n"], lambda *count: counted.append(count), ENDLESS)
    assert found.problems == ["Error: no\nWhy.", "no JSON"]
    assert counted[-1] == (1, 3)


def test_what_a_command_plans_warns_of_and_returns_is_kept() -> None:
    change = {"resource": {"addr": QUEUE}, "action": "replace"}
    warning = {"@level": "warn", "@message": "Warning: old", "diagnostic": {"detail": "Why."}}
    planned = {"name": {"sensitive": False, "action": "create"}}
    shown = {
        "name": {"sensitive": False, "type": "string", "value": "one"},
        "key": {"sensitive": True, "type": "string"},
    }
    said = [message("planned_change", change=change), message("diagnostic", **warning)]
    said += [message("outputs", outputs=outputs) for outputs in (planned, shown)]
    found = follow("it", said, quiet, ENDLESS)
    assert (found.changes, found.warnings, found.outputs) == (
        {QUEUE: "replace"},
        ["Warning: old\nWhy."],
        {"name": "one"},
    )


def test_a_command_that_takes_long_says_what_it_waits_for(patience: Patience, messages: Told, hanging: Hanging) -> None:
    with pytest.raises(GivenUp):
        follow("it", hanging(SAID), quiet, patience)
    assert messages
    assert messages[0].startswith("it has taken ")
    assert messages[0].endswith(f" seconds. It waits for {BUCKET}, {QUEUE}.")


def test_a_command_that_is_given_up_says_what_it_waited_for(patience: Patience, hanging: Hanging) -> None:
    with pytest.raises(GivenUp, match=r"^it was stopped after \d+ seconds, while it waited for ") as raised:
        follow("it", hanging(SAID), quiet, patience)
    assert str(raised.value).endswith(f"{BUCKET}, {QUEUE}.")


def test_of_many_resources_the_first_are_named_and_the_others_counted(patience: Patience, hanging: Hanging) -> None:
    with pytest.raises(GivenUp) as raised:
        follow("it", hanging([*map(begun, ROLES)]), quiet, patience)
    assert str(raised.value).endswith(f"{', '.join(ROLES[:5])} and 4 more.")


def test_a_command_that_says_nothing_is_given_up_too(patience: Patience, hanging: Hanging) -> None:
    with pytest.raises(GivenUp, match=r"while it waited for something that it does not name\.$"):
        follow("it", hanging([]), quiet, patience)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the fake Terraform, which is the one that is found, writes its processes."""
    program, said, noted = tmp_path / "terraform", tmp_path / "messages", tmp_path / "processes"
    program.write_text(FAKE.replace("{processes}", str(noted)).replace("{messages}", str(said)))
    program.chmod(0o755)
    said.write_text("".join(SAID))
    monkeypatch.setattr(toolchain, "TOOLS", tmp_path / "tools")
    monkeypatch.setenv("TERRAFORM", str(program))
    return noted


def test_a_destroy_that_is_given_up_leaves_no_process(patience: Patience, processes: Path, tmp_path: Path) -> None:
    with pytest.raises(GivenUp, match=r"^terraform destroy was stopped"):
        Root(tmp_path, tmp_path / "work", os.environ, {}).destroy(patience=patience)
    assert [process for process in processes.read_text().split() if running(process)] == []


class Nothing:
    """A demo that does nothing between apply and destroy."""

    workflow = "direct"
    variables: ClassVar[dict[str, Any]] = {}
    look_next: ClassVar[dict[str, str]] = {}
    server = 0

    def run(self, applied: Applied) -> bool:
        self.server = applied.local.group
        return True

    def commands(self, outputs: Any) -> list[str]:
        return []


@pytest.fixture
def nothing(patience: Patience, processes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nothing:
    """The demo that runs, in a folder of its own."""
    found = Nothing()
    monkeypatch.setattr(choice, "asked", lambda environment, given: found)
    monkeypatch.setattr(demo_run, "FOLDER", tmp_path / "demo")
    monkeypatch.setattr(demo_run, "LOCK", tmp_path / "demo.lock")
    monkeypatch.setattr(demo_run, "PATIENCE", patience)
    monkeypatch.setattr(sys, "argv", ["demo"])
    return found


def test_a_demo_whose_destroy_is_given_up_says_so_fails_and_leaves_nothing(
    nothing: Nothing, processes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo_run.main() == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"while it waited for {BUCKET}, {QUEUE}. The local AWS was stopped and removed." in said

    assert not (tmp_path / "demo").exists()
    left = [str(nothing.server), *processes.read_text().split()]
    assert [process for process in left if running(process)] == []
