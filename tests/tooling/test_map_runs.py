"""A Distributed Map that runs another machine for each item, as the parent of a document's parts does."""

import time
from typing import Any

from emulator.state_machine import Execution
from tests.tooling.machines import Machines, ended

EXCEEDED = "States.ExceedToleratedFailureThreshold"
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
    "Done": {"Type": "Pass", "Result": {"ignored": True}, "ResultPath": "$.done", "End": True},
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
            "End": True,
            **fields,
        }
    }


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
    nested, began = machines.made(CHILD), time.monotonic()
    seen = ended(begun(machines, nested, "wait", "fail"))
    assert (seen.status, seen.error) == ("FAILED", EXCEEDED)
    assert [part(machines, nested, number)["status"] for number in (0, 1)] == ["ABORTED", "FAILED"]
    assert time.monotonic() - began < 15
