"""What keeps a machine from hanging: every state that waits is listed here, has a timeout, and a catch for it.

"States.Timeout" is documented for a heartbeat that did not come as well as for time that ran out, and
"States.HeartbeatTimeout" for the former, so a state that may have heartbeats catches both. "States.TaskFailed" matches
every error but "States.Timeout". "States.ALL" comes last.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.module.machines import FRAGMENTS, MACHINES, ROOT, tasks

PATTERNS = (".waitForTaskToken", ".sync", ".sync:2")
# The states that wait, and where each goes when nobody answers. Whoever adds one has thought about who answers it, and
# about what becomes of it when that fails: docs/failure-handling.md has a table of that.
WAITING = {
    "approval-AwaitDecision": "NobodyDecided",
    "direct-WaitForCompletion": "UnexpectedFailure",
    "documents-AwaitChunks": "RoundsLeft",
    "queue-AwaitWorker": "WorkerSilent",
    "topic-AwaitWorker": "WorkerSilent",
}
waiting = [task for task in tasks() if task.id in WAITING]


def waits(state: dict[str, Any]) -> bool:
    return bool(state["Resource"].endswith(PATTERNS))


def catches(state: dict[str, Any], error: str) -> dict[str, Any]:
    """The first catcher for the error: the one that counts."""
    named: dict[str, Any] = next(one for one in state["Catch"] if {error, "States.ALL"} & set(one["ErrorEquals"]))
    return named


def test_every_waiting_state_is_in_the_list() -> None:
    assert {task.id for task in tasks() if waits(task.values[0])} == set(WAITING)


@pytest.mark.parametrize("state", tasks())
def test_every_task_has_a_timeout_and_a_catch_for_everything(state: dict[str, Any]) -> None:
    assert state["TimeoutSeconds"] > 0
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("state", waiting)
def test_every_waiting_state_catches_its_timeout_by_name(state: dict[str, Any], request: pytest.FixtureRequest) -> None:
    catcher = catches(state, "States.Timeout")
    assert "States.Timeout" in catcher["ErrorEquals"]
    assert catcher["Next"] == WAITING[request.node.callspec.id]


@pytest.mark.parametrize("path", sorted((ROOT / "states").glob("*.asl.json")), ids=lambda path: path.name)
def test_a_state_that_may_have_heartbeats_catches_their_timeout_by_name(path: Any) -> None:
    # Rendered with any value for each placeholder: the defaults have no heartbeat.
    machine = json.loads(re.sub(r"\$\{\w+\}", "1", path.read_text()))
    for state in machine["States"].values():
        if "HeartbeatSeconds" in state:
            assert catches(state, "States.HeartbeatTimeout") == catches(state, "States.Timeout")
            assert "States.HeartbeatTimeout" in catches(state, "States.HeartbeatTimeout")["ErrorEquals"]


@pytest.mark.parametrize("workflow", MACHINES)
def test_every_catch_leads_to_an_end(workflow: str) -> None:
    states = MACHINES[workflow]["States"]
    last = {path[-1] for path in paths(states, MACHINES[workflow]["StartAt"])}
    assert all(states[name]["Type"] in ("Succeed", "Fail") or states[name].get("End") for name in last)


@pytest.mark.parametrize("workflow", MACHINES)
def test_a_machine_lasts_longer_than_its_states_together(workflow: str) -> None:
    """Every round and step, tried once: what takes no branch comes after what does."""
    machine = MACHINES[workflow]
    longest = max(
        sum(seconds(machine["States"][name]) for name in path) for path in paths(machine["States"], machine["StartAt"])
    )
    assert machine["TimeoutSeconds"] > longest


def seconds(state: dict[str, Any]) -> float:
    """How long a state takes, tried once, or as often as its timeout is followed by another attempt."""
    reminders = sum(one["MaxAttempts"] for one in state.get("Retry", []) if "States.Timeout" in one["ErrorEquals"])
    # The attempt after the last reminder finds the deadline passed, and waits for nothing.
    return float(state.get("TimeoutSeconds", 0) * max(reminders, 1))


def paths(states: dict[str, Any], name: str, *before: str) -> Iterator[tuple[str, ...]]:
    """Every way through the machine; a Choice goes round as often as it says."""
    path, state = (*before, name), states[name]
    if state["Type"] == "Choice":
        (choice,) = state["Choices"]
        following = {choice["Next"] if before.count(choice["Next"]) < choice["NumericLessThan"] else state["Default"]}
    else:
        following = {one["Next"] for one in (state, *state.get("Catch", [])) if "Next" in one}
    if not following or state.get("End"):
        yield path
    for one in following:
        yield from paths(states, one, *path)


# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MOST_EVENTS = 25_000


@pytest.mark.parametrize("workflow", MACHINES)
def test_no_execution_has_more_events_than_there_may_be(workflow: str) -> None:
    """However often each state is tried again: what has too many events ends with an error that nobody can catch."""
    states = MACHINES[workflow]["States"]
    ways = paths(states, MACHINES[workflow]["StartAt"])
    # Those that begin and end an execution.
    assert max(sum(events(states[name]) for name in way) for way in ways) + 2 < MOST_EVENTS


def events(state: dict[str, Any]) -> int:
    """How many events a state has at the most.

    Entered and left; scheduled, started, submitted and ended; and for each attempt before, three of these, or all four
    where it waited: tests/recorded, B1 and B2.
    """
    retriers = state.get("Retry", [])
    again = sum(one["MaxAttempts"] * (4 if "States.Timeout" in one["ErrorEquals"] else 3) for one in retriers)
    return 2 + (4 + again if state["Type"] == "Task" else 0)


@pytest.mark.parametrize("workflow", FRAGMENTS)
@pytest.mark.parametrize("language", ["jsonpath", "jsonata"])
def test_a_state_for_machines_of_the_callers_own_waits_and_has_a_timeout(workflow: str, language: str) -> None:
    state = FRAGMENTS[workflow][language]
    assert waits(state)
    assert state["TimeoutSeconds"] > 0


def test_a_called_machine_ends_before_the_state_that_calls_it() -> None:
    # Its own timeout says more: a nested machine's States.Timeout reaches its caller as States.TaskFailed.
    assert FRAGMENTS["documents"]["jsonpath"]["TimeoutSeconds"] > MACHINES["documents"]["TimeoutSeconds"]
