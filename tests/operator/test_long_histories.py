"""An execution is found where it is, however many attempts are behind it, in few requests."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sfn_callback_operator.jobs import positions
from sfn_callback_operator.jobs.executions import described
from testing.environment import MACHINE
from testing.executions import FakeMachines
from tests.operator.conftest import Desk

MOST = 26
"""Requests for a history of 25,000 events: 100 of them, and 25 pages of 1,000."""
Behind = Callable[[FakeMachines, str], None]


def throttled(machine: FakeMachines, arn: str, attempts: int = 66) -> None:
    """Attempts of the present state that Lambda turned away."""
    for _ in range(attempts):
        machine.schedule(arn, {})
        machine.end_task(arn, "TaskFailed", error="Lambda.TooManyRequestsException", cause="Rate Exceeded.")


def reminded(machine: FakeMachines, arn: str, waits: int = 51) -> None:
    """Waits of the present state that ended without an answer."""
    for number in range(waits):
        machine.schedule(arn, {}, token=f"old-{number}")
        machine.end_task(arn, "TaskTimedOut")


def as_long_as_can_be(machine: FakeMachines, arn: str) -> None:
    throttled(machine, arn, (24_900 - len(machine.histories[arn])) // 3)


BEHIND = pytest.mark.parametrize("behind", [throttled, reminded, as_long_as_can_be])


def waiting(desk: Desk, behind: Behind) -> str:
    """A job whose state was tried often, and waits again; return its id."""
    job = desk.job()
    desk.machine.end_task(desk.arn, "TaskFailed", error="E")
    behind(desk.machine, desk.arn)
    desk.machine.schedule(desk.arn, {}, token="again")
    desk.machine.pages = 0
    return job


@BEHIND
@pytest.mark.parametrize(
    "command",
    [("show",), ("redrive", "--no-wait"), ("resume", "--yes"), ("fail", "--yes"), ("heartbeat",), ("cancel", "--yes")],
)
def test_a_command_finds_a_job_by_its_id(desk: Desk, behind: Behind, command: tuple[str, ...]) -> None:
    job = waiting(desk, behind)
    ran = desk.run(command[0], job, *command[1:])
    assert ran.code == 0, ran.err
    assert desk.machine.pages <= MOST


@BEHIND
def test_jobs_says_what_it_waits_for(desk: Desk, behind: Behind) -> None:
    job = waiting(desk, behind)
    (row,) = desk.json("jobs")
    assert (row["target"], row["state"], row["waits_for"]) == (job, "AwaitChunks", "3 of 3 chunks")
    assert desk.machine.pages <= MOST


@BEHIND
def test_doctor_says_that_it_is_stuck(desk: Desk, behind: Behind) -> None:
    job = waiting(desk, behind)
    desk.machine.earlier(desk.arn, 20_000)
    stuck = [one for one in desk.json("doctor") if one["what"] == "open jobs"]
    assert [job in one["says"] for one in stuck] == [True]
    assert desk.machine.pages <= MOST


@BEHIND
def test_the_timeline_has_its_chunks(desk: Desk, behind: Behind) -> None:
    waiting(desk, behind)
    told = desk.json("timeline", "run-1")
    assert [state["name"] for state in told["states"]] == ["Split", "AwaitChunks"]
    assert len(told["chunks"]) == 3
    # The states need all of the history, and the position what is behind it.
    assert desk.machine.pages <= 3 * MOST


@BEHIND
def test_a_workers_task_is_resumed_by_the_token_that_it_has_now(desk: Desk, behind: Behind) -> None:
    machine = MACHINE.replace("-documents", "-queue")
    desk.machine.machines.append(machine)
    arn = desk.machine.begin(machine, "work", {})
    desk.machine.enter(arn, "Work", {})
    behind(desk.machine, arn)
    desk.machine.schedule(arn, {}, token=desk.machine.wait("now"))
    desk.machine.pages = 0
    assert desk.run("resume", "work", "--with", "{}", "--yes").code == 0
    assert [token for token, *_ in desk.machine.verdicts] == ["now"]
    assert desk.machine.pages <= MOST


def test_a_short_history_is_one_request(desk: Desk) -> None:
    job = desk.job()
    desk.machine.pages = 0
    desk.run("show", job)
    assert desk.machine.pages == 1


def position_of(desk: Desk, arn: str) -> positions.Position:
    return positions.position(described(arn, "queue")[0])


def test_a_native_redrive_begins_the_wait_anew_and_ends_the_token_before(desk: Desk) -> None:
    desk.job(token="before")
    noted = desk.machine.histories[desk.arn]
    later = desk.machine.now + timedelta(days=2)
    number = noted[-1]["id"]
    noted.append({"id": number + 1, "previousEventId": number, "timestamp": later, "type": "ExecutionFailed"})
    redriven = {"executionRedrivenEventDetails": {"redriveCount": 1}}
    noted.append({"id": number + 2, "previousEventId": 0, "timestamp": later, "type": "ExecutionRedriven", **redriven})
    at = position_of(desk, desk.arn)
    assert (at.state, at.since, at.token) == ("AwaitChunks", later, None)
    desk.machine.schedule(desk.arn, {}, token="after")
    assert position_of(desk, desk.arn).token == "after"


def event(number: int, before: int, kind: str, name: str | None = None, token: str | None = None) -> dict[str, Any]:
    """An event of a history; without a name or a token it has no details."""
    details: dict[str, Any] = {}
    if name:
        key = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
        details = {key: {"name": name, "input": "{}"}}
    if token:
        details = {"taskScheduledEventDetails": {"parameters": json.dumps({"Payload": {"token": token}})}}
    return {"id": number, "previousEventId": before, "type": kind, **details}


PARALLEL = [
    event(2, 0, "ParallelStateEntered", "Both"),
    event(3, 2, "ParallelStateStarted"),
    event(4, 3, "TaskStateEntered", "Left"),
    event(5, 4, "TaskScheduled", token="left"),
    event(6, 3, "TaskStateEntered", "Right"),
    event(7, 6, "TaskScheduled", token="right"),
]


def parallel(desk: Desk, *more: dict[str, Any]) -> str:
    arn = desk.machine.begin(MACHINE, "both", {})
    given = [{**one, "timestamp": desk.machine.now + timedelta(seconds=one["id"])} for one in (*PARALLEL, *more)]
    desk.machine.histories[arn].extend(given)
    return arn


LEFT_ALONE = [event(8, 7, "TaskSucceeded"), event(9, 8, "TaskStateExited", "Right")]
ABORTED = [*LEFT_ALONE, event(10, 5, "TaskStateAborted")]
OVER = [*LEFT_ALONE, event(10, 5, "TaskStateExited", "Left"), event(11, 10, "ParallelStateSucceeded")]
LEFT_IT = [*OVER, event(12, 11, "ParallelStateExited", "Both"), event(13, 12, "TaskStateEntered", "After")]


@pytest.mark.parametrize(
    ("more", "state", "token"),
    [
        ([], "Right", "right"),
        (LEFT_ALONE, "Left", "left"),
        (ABORTED, "Both", None),
        (OVER, "Both", None),
        (LEFT_IT, "After", None),
    ],
)
def test_of_several_branches_the_one_that_is_open_is_shown(
    desk: Desk, more: list[dict[str, Any]], state: str, token: str | None
) -> None:
    at = position_of(desk, parallel(desk, *more))
    assert (at.state, at.token, at.several) == (state, token, True)
    assert positions.ONE_OF_SEVERAL in desk.run("show", "both").err


def test_a_plain_machine_is_not_said_to_have_several_states_open(desk: Desk) -> None:
    assert positions.ONE_OF_SEVERAL not in desk.run("show", desk.job()).err


def test_the_timeline_ends_an_outer_state_after_its_inner_ones(desk: Desk) -> None:
    parallel(desk, *LEFT_IT)
    states = {
        one["name"]: (round(one["start"]), one["end"] and round(one["end"]))
        for one in desk.json("timeline", "both")["states"]
    }
    assert states == {"Both": (2, 12), "Left": (4, 10), "Right": (6, 9), "After": (13, None)}


def test_the_timeline_ends_a_state_that_is_aborted(desk: Desk) -> None:
    parallel(desk, *ABORTED)
    ends = {one["name"]: one["end"] is None for one in desk.json("timeline", "both")["states"]}
    assert ends == {"Both": True, "Left": False, "Right": False}
