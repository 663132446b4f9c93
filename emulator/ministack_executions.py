"""MiniStack's executions, made as AWS has them.

- The same name and input while it runs is the same execution, and else there is one already: recorded on AWS on
  2024-08-21, ``test_start_execution_idempotent`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/test_sfn_api.snapshot.json.
  MiniStack refuses both.
- An input is JSON of up to 256 KiB:
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html. MiniStack takes any text.
- An execution ends at its machine's ``TimeoutSeconds`` as TIMED_OUT, with neither error nor cause, and what has ended
  stays as it is: ``test_global_timeout`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/timeouts/test_timeouts.snapshot.json
  (2024-03-10). MiniStack ignores that time, and goes on with what was stopped.
- What is no ARN is an ``InvalidArn``: ``test_describe_execution_invalid_arn`` in the first file (2024-03-08). MiniStack
  knows no such execution.
- An execution that has not succeeded has no output, and can be redriven: ``test_global_timeout``, and
  ``test_describe_execution`` in the first file. MiniStack gives its error as its output.
- A machine that calls another is told by ``States.TaskFailed`` that it failed, and in the cause how:
  ``test_start_execution_sync_delegate_failure`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/callback/test_callback.snapshot.json
  (2023-07-05). MiniStack hands on the other's error.
- ``States.Format`` writes null as ``null``, and an object as Java does: ``test_format_1`` and ``test_format_2`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/intrinsic_functions/test_generic.snapshot.json
  (2023-02-09). MiniStack writes them as Python does.
- The context object counts the redrives, from 0:
  https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html. MiniStack has no such count.
  It has no RedriveExecution either, so that here the count stays 0.
- Stopping an execution stops the children of its Distributed Maps: ``aborted`` in
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_MapRunExecutionCounts.html. MiniStack does not.
"""

import contextvars
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions

from emulator.ministack_histories import MAX_BYTES, Ended
from emulator.ministack_tokens import too_long, wake
from emulator.patches import replace, theirs

Data = dict[str, Any]

_OF_A_CHILD = ("Cause", "Error", "ExecutionArn", "Input", "InputDetails", "Name", "StartDate", "StateMachineArn")
_NOT_REDRIVABLE = "Execution is {} and cannot be redriven"

_start = theirs(stepfunctions, "_start_execution")
_stop = theirs(stepfunctions, "_stop_execution")
_describe = theirs(stepfunctions, "_describe_execution")
_run = theirs(stepfunctions, "_run_execution")
_fail = theirs(stepfunctions, "_fail_execution")
_calculate = theirs(stepfunctions, "_exec_intrinsic")
_argument = theirs(stepfunctions, "_eval_intrinsic_arg")
_resolve = theirs(stepfunctions, "_resolve_params_obj")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(stepfunctions, "_start_execution", _start_once)
    replace(stepfunctions, "_stop_execution", _of_an_arn(_stop_and_wake))
    replace(stepfunctions, "_describe_execution", _of_an_arn(_describe_as_on_aws))
    replace(stepfunctions, "_get_execution_history", _of_an_arn(theirs(stepfunctions, "_get_execution_history")))
    replace(stepfunctions, "_run_execution", _run_for_a_time)
    replace(stepfunctions, "_fail_execution", _fail_what_runs)
    replace(stepfunctions, "_nested_execution_failure", _child_failure)
    replace(stepfunctions, "_exec_intrinsic", _calculate_as_on_aws)
    replace(stepfunctions, "_resolve_params_obj", _resolve_with_redrives)


def _start_once(data: Data) -> Any:
    given = data.get("input", "{}")
    if len(given.encode()) > MAX_BYTES:
        return too_long("input", MAX_BYTES)
    try:
        json.loads(given)
    except ValueError:
        return error_response_json("InvalidExecutionInput", "Invalid State Machine Execution Input", 400)
    same = _named(data)
    if same and same["status"] == "RUNNING" and same["input"] == given:
        return json_response({name: same[name] for name in ("executionArn", "startDate")})
    return _start(data)


def _named(data: Data) -> Any:
    machine = stepfunctions._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    executions = (machine or "").replace(":stateMachine:", ":execution:")
    return stepfunctions._executions.get(f"{executions}:{data.get('name')}")


def _stop_and_wake(data: Data) -> Any:
    answer = _stop(data)
    if execution := stepfunctions._executions.get(data.get("executionArn")):
        _wake_all(execution)
    return answer


def stop_running(is_one: Callable[[Data], bool]) -> None:
    """Stop the executions of that kind that run."""
    for one in list(stepfunctions._executions.values()):
        if one["status"] == "RUNNING" and is_one(one):
            _stop_and_wake({"executionArn": one["executionArn"]})


def _wake_all(execution: Data) -> None:
    """Let those who wait in an execution, and the children of its Map Runs, see that it has ended."""
    wake(execution)
    arn, runs = execution["executionArn"], stepfunctions._map_runs
    stop_running(lambda one: runs.get(one.get("mapRunArn"), {}).get("executionArn") == arn)


def _of_an_arn(handler: Callable[[Data], Any]) -> Callable[[Data], Any]:
    def answer(data: Data) -> Any:
        arn = str(data.get("executionArn"))
        if not arn.startswith("arn:"):
            return error_response_json("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'", 400)
        return handler(data)

    return answer


def _describe_as_on_aws(data: Data) -> Any:
    status, headers, body = _describe(data)
    if status != 200:
        return status, headers, body
    description = _redrivable({name: value for name, value in json.loads(body).items() if value is not None})
    return json_response(description if description["status"] == "SUCCEEDED" else _without_output(description))


def _redrivable(description: Data) -> Data:
    state = description["status"]
    if state in ("FAILED", "ABORTED", "TIMED_OUT"):
        return {**description, "redriveCount": 0, "redriveStatus": "REDRIVABLE"}
    reason = _NOT_REDRIVABLE.format(state)
    return {**description, "redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}


def _without_output(said: Data) -> Data:
    return {name: value for name, value in said.items() if name not in ("output", "outputDetails")}


def _run_for_a_time(exec_arn: str) -> None:
    execution = stepfunctions._executions[exec_arn]
    execution["events"][0]["previousEventId"] = 0
    clock = threading.Timer(_seconds(execution), contextvars.copy_context().run, (_time_out, execution))
    clock.daemon = True
    clock.start()
    with suppress(Ended):
        _run(exec_arn)
    clock.cancel()


def _seconds(execution: Any) -> float:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {"definition": "{}"}
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds")
    return min(seconds or threading.TIMEOUT_MAX, threading.TIMEOUT_MAX)


def _time_out(execution: Any) -> None:
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=now_iso())
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)
    _wake_all(execution)


def _fail_what_runs(execution: Any, error: Any, cause: Any) -> None:
    if execution["status"] == "RUNNING":
        _fail(execution, error, cause)


def _child_failure(payload: Mapping[str, Any]) -> tuple[str, str]:
    child = stepfunctions._executions.get(payload["executionArn"], {})
    values = {name[0].upper() + name[1:]: value for name, value in {**payload, **child}.items()}
    cause = {name: values[name] for name in (*_OF_A_CHILD, "Status", "StopDate") if values.get(name)}
    return "States.TaskFailed", json.dumps(cause)


def _calculate_as_on_aws(node: Any, data: Any, ctx: Any) -> Any:
    kind, name, arguments = node
    if name == "States.Format":
        template, *values = (_argument(one, data, ctx) for one in arguments)
        arguments = [("str", template), *(("str", _shown(value)) for value in values)]
    return _calculate((kind, name, arguments), data, ctx)


def _resolve_with_redrives(template: Any, data: Any, ctx: Any = None) -> Any:
    (ctx or {}).get("Execution", {}).setdefault("RedriveCount", 0)
    return _resolve(template, data, ctx)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_shown(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)
