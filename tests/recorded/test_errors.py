"""The names of errors, and what is said with them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_callback.documents import events
from testing import invocations
from tests.recorded.facts import FAKES, HANDLERS, LOCAL, holds
from tests.tooling.machines import Machines, details, invoked, types

CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
CAUGHT = {"Caught": {"Type": "Succeed"}}
TASK = {"job": "20260131T235959Z-0123456789ab", "index": 7, "fanin": "20260131T235959Z-0123456789ab", "slot": 7}
RAISES = "class MyError(Exception): pass\ndef handler(event, context): raise MyError('no')\n"
EXITS = "import os\ndef handler(event, context): os._exit(1)\n"
RETURNS = "def handler(event, context): return 'x' * event\n"


def record(response: dict[str, Any]) -> tuple[str, str]:
    """The name and the message that are read in the record of an event that failed with that response."""
    _, name, message = events.failed_tasks(invocations.failed(TASK, response))
    return name, message


def failure(machines: Machines, function: str, given: Any = None) -> tuple[str, Any]:
    """The error and the cause that a function's state fails with."""
    seen = machines.run({"Invoke": invoked(function)}, given)
    return str(seen.error), seen.description.get("cause")


@holds("C1", against=LOCAL)
def test_the_local_aws_fails_with_what_a_function_raises(machines: Machines) -> None:
    error, cause = failure(machines, machines.function(RAISES))
    assert error == "MyError"
    assert {"errorMessage": "no", "errorType": "MyError"}.items() <= json.loads(cause).items()


@holds("C2", against=HANDLERS)
def test_a_timeout_is_told_with_and_without_a_name() -> None:
    assert [record(response)[0] for response in invocations.TIMED_OUT] == ["Sandbox.Timedout", "RetriesExhausted"]
    assert all("Task timed out after" in record(response)[1] for response in invocations.TIMED_OUT)


@holds("C3", against=HANDLERS)
def test_a_process_that_ended_is_told_by_name() -> None:
    name, message = record(invocations.CRASHED[0])
    assert (name, "Runtime exited" in message) == ("Runtime.ExitError", True)


@holds("C3", against=LOCAL)
def test_the_local_aws_names_a_process_that_ends(machines: Machines) -> None:
    assert failure(machines, machines.function(EXITS))[0] == "Runtime.ExitError"


@holds("C5", against=HANDLERS)
def test_an_error_of_an_import_is_told_as_any_other() -> None:
    response = {"errorMessage": "No module named 'x'", "errorType": "ImportError", "requestId": "", "stackTrace": []}
    assert record(response) == ("ImportError", "No module named 'x'")


@holds("C6", "C7", against=LOCAL)
@pytest.mark.parametrize(
    ("size", "error"), [(262_200, "States.DataLimitExceeded"), (6_291_600, "Function.ResponseSizeTooLarge")]
)
def test_the_local_aws_catches_a_result_that_is_too_large(machines: Machines, size: int, error: str) -> None:
    seen = machines.run({"Invoke": invoked(machines.function(RETURNS), Catch=CATCH, Next="Caught"), **CAUGHT}, size)
    caught = json.loads(seen.description["output"])
    assert (seen.status, caught["Error"]) == ("SUCCEEDED", error)
    assert error != "States.DataLimitExceeded" or caught["Cause"].startswith("The state/task 'lambda' returned a")


@holds("C8", against=LOCAL)
def test_the_local_aws_names_a_function_that_is_not_there(machines: Machines) -> None:
    seen = machines.run({"Invoke": invoked("arn:aws:lambda:eu-central-1:000000000000:function:none")})
    assert seen.error == "Lambda.ResourceNotFoundException"
    assert types(seen)[-4:-1] == ["TaskScheduled", "TaskStarted", "TaskFailed"]


def over_the_reservation(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**given)
    answer: Any = raised.value.response
    return answer["Error"]["Code"], answer["Reason"]


REFUSED = ("TooManyRequestsException", "ReservedFunctionConcurrentInvocationLimitExceeded")


@holds("C9", against=FAKES)
def test_the_fake_runs_as_many_as_are_reserved() -> None:
    function = invocations.Function(lambda event, _: event, reserved=1)
    assert function.invoke({"n": 1}) == {"n": 1}
    with function.running():
        assert over_the_reservation(function.invoke, event={}) == REFUSED


@holds("C9", against=LOCAL)
def test_the_local_aws_runs_as_many_as_are_reserved(machines: Machines) -> None:
    function = machines.function(RETURNS)
    machines.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert over_the_reservation(machines.functions.invoke, FunctionName=function, Payload=b"1") == REFUSED


def called(machines: Machines, how: str, child: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A state that runs another machine."""
    sent = {"StateMachineArn": machines.made({"End": child}), "Input": {"a": 1}}
    resource = f"arn:aws:states:::states:startExecution.{how}"
    return {"Type": "Task", "Resource": resource, "Parameters": sent, "End": True, **fields}


@holds("C10", against=LOCAL)
def test_the_local_aws_tells_how_a_called_machine_failed(machines: Machines) -> None:
    seen = machines.run({"Call": called(machines, "sync:2", {"Type": "Fail", "Error": "E", "Cause": "c"})})
    cause = json.loads(seen.description["cause"])
    assert seen.error == "States.TaskFailed"
    assert (cause["Error"], cause["Cause"], cause["Status"], cause["Input"]) == ("E", "c", "FAILED", '{"a": 1}')


@holds("C11", against=LOCAL)
@pytest.mark.parametrize(("how", "output"), [("sync", '{"a": 1}'), ("sync:2", {"a": 1})])
def test_the_local_aws_has_a_called_machines_output(machines: Machines, how: str, output: Any) -> None:
    seen = machines.run({"Call": called(machines, how, {"Type": "Succeed"})})
    assert json.loads(seen.description["output"])["Output"] == output


@holds("C12", against=LOCAL)
@pytest.mark.parametrize("path", ["ErrorPath", "CausePath"])
@pytest.mark.parametrize("given", [{}, {"it": None}], ids=["missing", "null"])
def test_the_local_aws_loses_an_error_whose_path_finds_no_text(machines: Machines, path: str, given: Any) -> None:
    # What null does was not recorded: the value has to be a text,
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html
    other = {"ErrorPath": {"Cause": "c"}, "CausePath": {"Error": "E"}}[path]
    seen = machines.run({"Failed": {"Type": "Fail", path: "$.it", **other}}, given)
    assert (seen.status, seen.error) == ("FAILED", "States.Runtime")
    assert path in seen.description["cause"]


@holds("C13", against=LOCAL)
@pytest.mark.parametrize(
    ("value", "written"), [(None, "null"), (True, "true"), (1.5, "1.5"), ("t", "t"), ({"a": 1, "b": []}, "{a=1, b=[]}")]
)
def test_the_local_aws_formats_a_value_as_aws_does(machines: Machines, value: Any, written: str) -> None:
    fail = {"Type": "Fail", "ErrorPath": "States.Format('{}', $.it)", "CausePath": "States.Format('of {}', $.it)"}
    seen = machines.run({"Failed": fail}, {"it": value})
    assert details(seen, "ExecutionFailed") == {"error": written, "cause": f"of {written}"}
