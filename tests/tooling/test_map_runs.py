"""A Distributed Map that runs another machine for each item, as the parent of a document's parts does."""

import itertools
import json
from typing import Any

import pytest
from ministack.services import stepfunctions

from emulator import ministack_nested
from emulator.ministack_histories import Ended
from emulator.state_machine import Execution, Seen
from tests.tooling.machines import Machines, details, ended, types, until

EXCEEDED = ("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")
CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Caught"}]
CAUGHT = {"Caught": {"Type": "Succeed"}}
CHILD = {
    "Which": {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.does", "StringEquals": "fail", "Next": "Fail"},
            {"Variable": "$.does", "StringEquals": "wait", "Next": "Wait"},
        ],
        "Default": "Done",
    },
    "Fail": {"Type": "Fail", "Error": "Broken", "Cause": "It broke."},
    "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Done"},
    "Done": {"Type": "Pass", "End": True},
}


def parent(nested: str, **fields: Any) -> dict[str, Any]:
    """A Map that runs that machine for each of ``$.parts``, each under a name of its own."""
    named = "States.Format('part_{}_{}_{}', $.parent, $.number, $$.Execution.RedriveCount)"
    given = {"does.$": "$.does", "number.$": "$.number"}
    given["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$"] = "$$.Execution.Id"
    run = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": nested, "Name.$": named, "Input": given},
        "ResultSelector": {"ran.$": "$.Name", "number.$": "$.Output.number"},
        "End": True,
    }
    selected = {"parent.$": "$.id", "number.$": "$$.Map.Item.Index", "does.$": "$$.Map.Item.Value.does"}
    return {
        "Run": {
            "Type": "Map",
            "Label": "Parts",
            "ItemsPath": "$.parts",
            "ItemSelector": selected,
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Part",
                "States": {"Part": run},
            },
            "Next" if fields.get("Catch") else "End": "Caught" if fields.get("Catch") else True,
            **fields,
        }
    }


def run_of(machines: Machines, execution: Execution) -> dict[str, Any]:
    """What Step Functions says of that parent's only Map Run."""
    (run,) = machines.client.list_map_runs(executionArn=execution.arn)["mapRuns"]
    return dict(machines.client.describe_map_run(mapRunArn=run["mapRunArn"]))


def children(machines: Machines, execution: Execution) -> list[Seen]:
    """The children of that parent's only Map Run, the newest first."""
    run = run_of(machines, execution)
    listed = machines.client.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    return [Execution(machines.client, child["executionArn"]).look() for child in listed]


def begun(machines: Machines, nested: str, *does: str, **fields: Any) -> Execution:
    """Start a parent with a part for each of these."""
    return machines.started(parent(nested, **fields), {"id": "p", "parts": [{"does": one} for one in does]})


def part(machines: Machines, nested: str, number: int) -> dict[str, Any]:
    """What Step Functions says of that part's execution."""
    arn = nested.replace(":stateMachine:", ":execution:")
    return dict(machines.client.describe_execution(executionArn=f"{arn}:part_p_{number}_0"))


def test_two_parts_run_and_their_results_come_in_order(machines: Machines) -> None:
    seen = ended(begun(machines, machines.made(CHILD), "pass", "pass"))
    assert seen.status == "SUCCEEDED"
    expected = '[{"ran": "part_p_0_0", "number": 0}, {"ran": "part_p_1_0", "number": 1}]'
    assert seen.description["output"] == expected


def test_a_part_that_fails_stops_the_other(machines: Machines) -> None:
    nested = machines.made(CHILD)
    seen = ended(begun(machines, nested, "wait", "fail"))
    assert (seen.status, seen.error, seen.description["cause"]) == ("FAILED", *EXCEEDED)
    assert [part(machines, nested, number)["status"] for number in (0, 1)] == ["ABORTED", "FAILED"]


def test_a_child_is_an_execution_of_its_own(machines: Machines) -> None:
    nested = machines.made(CHILD)
    execution = begun(machines, nested, "pass")
    parent_seen = ended(execution)
    (child,) = children(machines, execution)
    label = f"{parent_seen.description['stateMachineArn']}/Parts"
    assert (child.description["stateMachineArn"], child.description["redriveCount"]) == (label, 0)
    given = json.loads(part(machines, nested, 0)["input"])
    assert given["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"] == child.description["executionArn"]
    told = ["Scheduled", "Started", "Submitted", "Succeeded", "StateExited"]
    expected = ["ExecutionStarted", "TaskStateEntered", *(f"Task{one}" for one in told), "ExecutionSucceeded"]
    assert types(child) == expected
    assert machines.client.describe_state_machine(stateMachineArn=label)["name"].endswith("/Parts")


def test_the_machine_of_a_maps_children_is_not_listed(machines: Machines) -> None:
    ended(begun(machines, machines.made(CHILD), "pass"))
    pages = machines.client.get_paginator("list_state_machines").paginate()
    assert [one["name"] for page in pages for one in page["stateMachines"] if "/" in one["name"]] == []


def test_a_parents_history_tells_of_its_map_run(machines: Machines) -> None:
    execution = begun(machines, machines.made(CHILD), "pass", "pass")
    seen, run = ended(execution), run_of(machines, execution)
    told = ["StateStarted", "RunStarted", "RunSucceeded", "StateSucceeded", "StateExited"]
    assert types(seen) == ["ExecutionStarted", "MapStateEntered", *(f"Map{one}" for one in told), "ExecutionSucceeded"]
    assert details(seen, "MapStateStarted") == {"length": 2}
    assert details(seen, "MapRunStarted") == {"mapRunArn": run["mapRunArn"]}
    assert (run["status"], run["executionCounts"]["succeeded"], run["maxConcurrency"]) == ("SUCCEEDED", 2, 2)


def test_a_map_run_that_failed_counts_what_it_has_stopped_and_begins_nothing(machines: Machines) -> None:
    nested = machines.made(CHILD)
    execution = begun(machines, nested, "wait", "fail", "pass")
    seen, run = ended(execution), run_of(machines, execution)
    counts = {name: run["executionCounts"][name] for name in ("aborted", "failed", "pending", "running", "succeeded")}
    assert counts == {"aborted": 1, "failed": 1, "pending": 1, "running": 0, "succeeded": 0}
    assert (run["status"], [child.status for child in children(machines, execution)].count("ABORTED")) == ("FAILED", 1)
    assert types(seen)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert tuple(details(seen, "MapRunFailed").values()) == EXCEEDED
    with pytest.raises(machines.client.exceptions.ExecutionDoesNotExist):
        part(machines, nested, 2)


def test_what_is_tolerated_stops_nothing(machines: Machines) -> None:
    execution = begun(machines, machines.made(CHILD), "fail", "pass", ToleratedFailurePercentage=50)
    assert ended(execution).status == "SUCCEEDED"


def test_stopping_a_parent_stops_its_children_and_their_executions(machines: Machines) -> None:
    nested = machines.made(CHILD)
    execution = begun(machines, nested, "wait", "wait", "wait")
    until(lambda: None if len(machines.client.list_executions(stateMachineArn=nested)["executions"]) < 2 else True)
    machines.client.stop_execution(executionArn=execution.arn)

    def stopped() -> bool | None:
        seen = [part(machines, nested, number)["status"] for number in (0, 1)]
        return True if seen == ["ABORTED", "ABORTED"] else None

    until(stopped)
    assert [child.status for child in children(machines, execution)] == ["ABORTED", "ABORTED"]
    until(lambda: True if run_of(machines, execution)["status"] == "ABORTED" else None)
    assert types(execution.look())[-1] == "ExecutionAborted"


def test_no_more_children_run_at_a_time_than_a_map_says(machines: Machines) -> None:
    """Each part begins when the one before it has ended."""
    execution = begun(machines, machines.made(CHILD), "pass", "pass", "pass", MaxConcurrency=1)
    ended(execution)
    times = [(one.description["startDate"], one.description["stopDate"]) for one in children(machines, execution)[::-1]]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(times))


def test_a_name_that_has_run_is_refused_by_the_name_that_step_functions_gives_it(machines: Machines) -> None:
    nested = machines.made(CHILD)
    assert ended(begun(machines, nested, "pass")).status == "SUCCEEDED"
    again = begun(machines, nested, "pass")
    assert ended(again).error == EXCEEDED[0]
    (child,) = children(machines, again)
    assert child.error == "StepFunctions.ExecutionAlreadyExistsException"


@pytest.mark.parametrize("fields", [{}, {"ResultPath": None}, {"ResultSelector": {"none": True}}])
def test_results_over_256_kib_fail_the_parent_whatever_becomes_of_them(machines: Machines, fields: Any) -> None:
    large = {"Part": {"Type": "Pass", "Result": "x" * 150_000, "End": True}}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Part"}
    fields |= {"ItemProcessor": {**processor, "States": large}, "Catch": CATCH}
    seen = machines.run(parent(machines.made(CHILD), **fields) | CAUGHT, {"id": "p", "parts": [{}, {}]})
    assert (seen.status, seen.error) == ("FAILED", "States.DataLimitExceeded")
    assert types(seen)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_what_was_begun_for_a_state_that_has_ended_meanwhile_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Any] = []

    def add(*_: Any) -> None:
        raise Ended

    for name in ("_invoke_nested_start_execution", "_invoke_nested_start_execution_sync"):
        monkeypatch.setattr(stepfunctions, name, getattr(stepfunctions, name))
    ministack_nested.install()
    monkeypatch.setattr(ministack_nested, "running", dict)
    monkeypatch.setattr(stepfunctions, "_start_execution", lambda _: (200, {}, '{"executionArn": "nested"}'))
    monkeypatch.setattr(stepfunctions, "_executions", {"nested": {"executionArn": "nested", "status": "RUNNING"}})
    monkeypatch.setattr(stepfunctions, "_add_event", add)
    monkeypatch.setattr(stepfunctions, "_stop_execution", stopped.append)
    with pytest.raises(Ended):
        stepfunctions._invoke_nested_start_execution_sync(  # noqa: SLF001 - MiniStack's own
            "startExecution.sync:2", {"StateMachineArn": "arn"}
        )
    assert stopped == [{"executionArn": "nested"}]


def test_a_map_that_is_tried_again_fails_once_in_the_history(machines: Machines) -> None:
    """Recorded: ``test_map_state_retry`` (2023-07-18), in the file of scenarios that the module names."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    seen = ended(begun(machines, machines.made(CHILD), "fail", Retry=retry))
    told = ["StateEntered", *2 * ["StateStarted", "RunStarted", "RunFailed"], "StateFailed"]
    assert types(seen) == ["ExecutionStarted", *(f"Map{one}" for one in told), "ExecutionFailed"]


def test_a_map_that_is_caught_is_exited(machines: Machines) -> None:
    """So that a redrive enters what comes after it: ``test_map_state_catch`` (2023-07-18) there."""
    seen = machines.run(parent(machines.made(CHILD), Catch=CATCH) | CAUGHT, {"id": "p", "parts": [{"does": "fail"}]})
    assert types(seen)[4:7] == ["MapRunFailed", "MapStateFailed", "MapStateExited"]
    assert json.loads(seen.description["output"])["failure"] == dict(zip(("Error", "Cause"), EXCEEDED, strict=True))
