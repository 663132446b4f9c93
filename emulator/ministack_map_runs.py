"""MiniStack's Distributed Maps, made as AWS has them.

- A child is an execution like any other, with a history and a context object of its own, and its machine can be
  described by the Map's label: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html and
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html. MiniStack runs its
  states with the parent's context object and without a history.
- As soon as more has failed than is tolerated, the Map Run fails and the children that still run are stopped:
  https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold and
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_MapRunExecutionCounts.html. MiniStack runs all of
  them to their ends. How the children that had not begun are counted then is recorded nowhere: here they stay pending.
- The parent's history tells of the Map Run: recorded on AWS on 2024-07-20 and 2024-03-25, ``test_map_state_label`` and
  ``test_map_item_reader_csv_max_items_paths[-1]``, and of attempts and a Catch on 2023-07-18, ``test_map_state_retry``
  and ``test_map_state_catch``, in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/scenarios/test_base_scenarios.snapshot.json.
  MiniStack's does not; of a Map without items, nor does this.
- All results have 256 KiB, or the Map Run fails, whatever the state makes of them, and nothing catches that:
  https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html and
  https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html. MiniStack takes any size. The cause
  is recorded nowhere.

Left as MiniStack has it: without MaxConcurrency 64 children run at a time, not 10,000; ItemBatcher and ResultWriter are
ignored; and nothing can be redriven. That would not help a Map that is caught: a redrive only enters the Fail state
after it again, https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-behavior-states.
"""

import json
import threading
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import json_response
from ministack.services import stepfunctions

from emulator.ministack_executions import stop_running
from emulator.ministack_histories import Ended, is_too_large
from emulator.patches import replace, theirs

Data = dict[str, Any]
Run = dict[str, Any]

_TOO_LARGE = "The results of the Map Run exceed the maximum number of bytes service limit."

_begun: ContextVar[list[Run]] = ContextVar("begun")
_telling = threading.Lock()

_execute_map = theirs(stepfunctions, "_execute_map")
_run_map = theirs(stepfunctions, "_run_distributed_map")
_run_states = theirs(stepfunctions, "_run_sub_machine")
_list = theirs(stepfunctions, "_list_state_machines")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(stepfunctions, "_execute_map", _execute_map_as_on_aws)
    replace(stepfunctions, "_run_distributed_map", _run_map_as_on_aws)
    replace(stepfunctions, "_run_sub_machine", _run_branch_or_child)
    replace(stepfunctions, "_list_state_machines", _list_what_was_made)


def _execute_map_as_on_aws(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
    _begun.set([])
    try:
        return _execute_map(state_def, raw_input, execution, ctx)
    finally:
        # After the last attempt, whether somebody catches it or not.
        if [run["status"] for run in _begun.get()][-1:] == ["FAILED"]:
            stepfunctions._add_event(execution, "MapStateFailed")


def _run_map_as_on_aws(*given: Any) -> Any:
    *_, execution, _ = given
    try:
        result = _run_map(*given)
    except stepfunctions._ExecutionError as error:
        _tell_failure(execution, error.error, error.cause)
        raise
    finally:
        if execution["status"] != "RUNNING":
            for run in _begun.get()[-1:]:
                run["status"] = "ABORTED"
    for run in _begun.get()[-1:]:
        _end_if_too_large(execution, run)
        stepfunctions._add_event(execution, "MapRunSucceeded")
        stepfunctions._add_event(execution, "MapStateSucceeded")
    return result


def _end_if_too_large(execution: Data, run: Run) -> None:
    if is_too_large(run.get("_results", [])):
        run["status"] = "FAILED"
        _tell_failure(execution, "States.DataLimitExceeded", _TOO_LARGE)
        stepfunctions._add_event(execution, "MapStateFailed")
        stepfunctions._fail_execution(execution, "States.DataLimitExceeded", _TOO_LARGE)
        raise Ended


def _tell_failure(execution: Data, error: str, cause: str) -> None:
    stepfunctions._add_event(execution, "MapRunFailed", {"mapRunFailedEventDetails": {"error": error, "cause": cause}})


def _tell_start(run: Run) -> None:
    with _telling:
        if run in _begun.get():
            return
        _begun.get().append(run)
        parent = stepfunctions._executions[run["executionArn"]]
        length = {"length": run["itemCounts"]["total"]}
        stepfunctions._add_event(parent, "MapStateStarted", {"mapStateStartedEventDetails": length})
        told = {"mapRunArn": run["mapRunArn"]}
        stepfunctions._add_event(parent, "MapRunStarted", {"mapRunStartedEventDetails": told})


def _run_branch_or_child(states: Any, start_at: Any, input_data: Any, execution: Any, ctx: Any) -> Any:
    if "mapRunArn" not in execution or execution.get("begun"):
        return _run_states(states, start_at, input_data, execution, ctx)
    run = stepfunctions._map_runs[execution["mapRunArn"]]
    if _is_over(run):
        del stepfunctions._executions[execution["executionArn"]]
        _count(run, "pending")
        raise Ended
    execution["begun"] = True
    _tell_start(run)
    language = ctx.get("QueryLanguage", "JSONPath")
    _make_machine(execution, {"StartAt": start_at, "States": states, "QueryLanguage": language}, run)
    stepfunctions._run_execution(execution["executionArn"])
    return _outcome(execution, run)


def _is_over(run: Run) -> bool:
    parent = stepfunctions._executions[run["executionArn"]]
    return parent["status"] != "RUNNING" or _has_failed(run)


def _has_failed(run: Run) -> bool:
    failed, count, percentage = len(run.get("_failed", ())), run["toleratedFailureCount"], _percentage(run)
    too_many = count and failed > count
    return bool(too_many or (percentage is not None and failed * 100 > percentage * run["itemCounts"]["total"]))


def _percentage(run: Run) -> float | None:
    """Return what share may fail: none unless something else is tolerated."""
    share = float(run["toleratedFailurePercentage"])
    return share if share or not run["toleratedFailureCount"] else None


def _make_machine(child: Data, definition: Data, run: Run) -> None:
    parent = stepfunctions._executions[run["executionArn"]]
    machine = stepfunctions._state_machines[parent["stateMachineArn"]]
    arn = child["stateMachineArn"]
    made = {"stateMachineArn": arn, "name": arn.rpartition(":")[2], "definition": json.dumps(definition)}
    stepfunctions._state_machines[arn] = {**machine, **made}
    begun = {"input": child["input"], "roleArn": machine["roleArn"]}
    started = {"id": 1, "type": "ExecutionStarted", "timestamp": child["startDate"]}
    child["events"].insert(0, {**started, "executionStartedEventDetails": begun})


def _outcome(child: Data, run: Run) -> Any:
    if child["status"] == "SUCCEEDED":
        result = json.loads(child["output"])
        run.setdefault("_results", []).append(result)
        return result
    if child["status"] == "ABORTED":
        _count(run, "aborted")
        raise Ended
    run.setdefault("_failed", []).append(child["executionArn"])
    if _has_failed(run):
        stop_running(lambda other: other.get("mapRunArn") == run["mapRunArn"])
    raise stepfunctions._ExecutionError(child.get("error"), child.get("cause"))


def _count(run: Run, state: str) -> None:
    for counts in (run["itemCounts"], run["executionCounts"]):
        counts["running"] -= 1
        counts[state] += 1


def _list_what_was_made(data: Data) -> Any:
    status, headers, body = _list(data)
    if status != 200:
        return status, headers, body
    said = json.loads(body)
    return json_response({**said, "stateMachines": [one for one in said["stateMachines"] if "/" not in one["name"]]})
