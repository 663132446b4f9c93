"""Every Fail state tells what it was given, whatever of it is missing."""

import json
from typing import Any

import pytest

from tests.module.failures import MOST, State, caught, ending, fails
from tests.module.machines import MACHINES

FAILS = [
    pytest.param(workflow, state, id=f"{workflow}-{name}")
    for workflow, machine in MACHINES.items()
    for name, state in fails(machine).items()
]
# The templates are rendered by Terraform, the examples' within a plan.
EXAMPLES = {"existing-infrastructure": "direct", "own-state-machine": ""}


def tells(state: State, given: State, failure: State) -> None:
    """That a Fail state has an error and a cause, and that nothing of the failure is lost."""
    error, cause = ending(state, given)
    assert isinstance(error, str) and error and not error.startswith("States.")
    assert isinstance(cause, str) and 0 < len(cause) <= MOST
    if "{%" in state["Error"]:
        assert error == (own_name(failure) or "TaskFailed")
    if "{%" in state["Cause"]:
        assert cause == failure.get("Cause") or cause == as_text(failure)[:MOST]


def own_name(failure: State) -> str:
    """The name of the error, without what Step Functions alone may begin one with."""
    name = failure.get("Error") or ""
    while name.startswith("States."):
        name = name.removeprefix("States.")
    return str(name)


def as_text(failure: State) -> str:
    return json.dumps(failure, separators=(",", ":"))


@pytest.mark.parametrize(("workflow", "state"), FAILS)
def test_a_fail_state_tells_what_was_caught_whatever_of_it_is_missing(workflow: str, state: State) -> None:
    for failure in caught():
        given = {"bucket": "b", "key": "k", "failure": failure} if workflow in ("documents", "parts") else failure
        tells(state, given, failure)


@pytest.mark.parametrize(("workflow", "state"), FAILS)
def test_a_cause_that_is_a_text_is_told_as_it_is(workflow: str, state: State) -> None:
    failure = {"Error": "MyError", "Cause": "why"}
    _, cause = ending(state, {"failure": failure} if workflow in ("documents", "parts") else failure)
    assert cause in ("why", as_text(failure)) or "{%" not in state["Cause"]


def machines_of(plan: dict[str, Any]) -> dict[str, State]:
    """The machines that an example makes, by how their addresses end."""
    changes = (one for one in plan["resource_changes"] if one["type"] == "aws_sfn_state_machine")
    return {str(one.get("index", "")): json.loads(one["change"]["after"]["definition"]) for one in changes}


@pytest.mark.parametrize(("example", "machine"), EXAMPLES.items())
def test_the_examples_fail_states_do_so_too(plans: dict[str, Any], example: str, machine: str) -> None:
    found = fails(machines_of(plans[example])[machine])
    assert len(found) == 2
    for state in found.values():
        for failure in caught():
            tells(state, failure, failure)


def test_no_fail_state_selects_by_path_what_may_be_null() -> None:
    states = [state for machine in MACHINES.values() for state in fails(machine).values()]
    assert len(states) == 12
    assert [field for state in states for field in state if field.endswith("Path")] == []
