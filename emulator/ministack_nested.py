"""MiniStack's executions that a state starts and waits for (``startExecution.sync``), made as AWS has them.

- Such an execution is one like any other:
  https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html. MiniStack runs it as an Express one:
  it takes a name twice, tells EventBridge nothing, and takes any input.
- When the state is aborted, it is stopped:
  https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html. MiniStack lets it run on.
- Its start stands in the history, and one that is refused has an error of Step Functions: recorded on AWS on 2023-08-12
  and 2023-06-30, ``test_start_execution_sync2`` in ``callback/test_callback.snapshot.json`` and
  ``test_start_execution_no_such_arn`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/error_handling/test_task_service_sfn.snapshot.json.
  MiniStack tells no start, and names the error as the API does.

Whether AWS stops it when the state's own TimeoutSeconds have passed is documented nowhere: here it runs on.
"""

import json
import time
from typing import Any

from ministack.services import stepfunctions

from emulator.ministack_histories import Ended, running
from emulator.patches import replace, theirs

_PAUSE_SECONDS = 0.1
_TOLD = ("executionArn", "input", "name", "startDate", "stateMachineArn", "status", "stopDate")
_REFUSED = "{} (Service: AWSStepFunctions; Status Code: 400; Error Code: {}; Request ID: {}; Proxy: null)"

_start = theirs(stepfunctions, "_invoke_nested_start_execution")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(stepfunctions, "_invoke_nested_start_execution", _start_or_refuse)
    replace(stepfunctions, "_invoke_nested_start_execution_sync", _run_nested)


def _start_or_refuse(resource: str, input_data: Any) -> Any:
    try:
        return _start(resource, input_data)
    except stepfunctions._ExecutionError as error:
        cause = _REFUSED.format(error.cause, error.error, stepfunctions.new_uuid())
        name = f"StepFunctions.{error.error.removesuffix('Exception')}Exception"
        raise stepfunctions._ExecutionError(name, cause) from None


def _run_nested(resource: str, input_data: Any) -> Any:
    started = _start_or_refuse(resource, input_data)
    nested = stepfunctions._executions[started["ExecutionArn"]]
    try:
        _wait_for(nested, running(), started)
    except Ended:
        stepfunctions._stop_execution({"executionArn": nested["executionArn"]})
        raise
    if nested["status"] != "SUCCEEDED":
        raise stepfunctions._ExecutionError(*stepfunctions._nested_execution_failure(nested))
    output = json.loads(nested["output"]) if resource.endswith(".sync:2") else nested["output"]
    told = {name[0].upper() + name[1:]: nested[name] for name in _TOLD}
    included = {"Included": True}
    return {**told, "InputDetails": included, "Output": output, "OutputDetails": included}


def _wait_for(nested: Any, caller: Any, started: Any) -> None:
    stepfunctions._add_event(caller, "TaskSubmitted", {"taskSubmittedEventDetails": {"output": json.dumps(started)}})
    while nested["status"] == "RUNNING":
        if caller["status"] != "RUNNING":
            raise Ended
        time.sleep(_PAUSE_SECONDS)
