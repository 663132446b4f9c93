"""MiniStack's executions that a state starts and waits for (``startExecution.sync``), made as AWS has them.

- Such an execution is one like any other: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html.
  MiniStack runs it as an Express one: it takes a name twice, tells EventBridge nothing, and takes any input.
- When the state is aborted, it is stopped: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html.
  MiniStack lets it run on.
"""

import json
import time
from typing import Any

from ministack.services import stepfunctions

from emulator.ministack_histories import Ended, running
from emulator.patches import replace

_PAUSE_SECONDS = 0.1
_TOLD = ("executionArn", "input", "inputDetails", "name", "outputDetails", "startDate", "stateMachineArn", "status")


def install() -> None:
    """Put this in MiniStack's place."""
    replace(stepfunctions, "_invoke_nested_start_execution_sync", _run_nested)


def _run_nested(resource: str, input_data: Any) -> Any:
    caller, started = running(), stepfunctions._invoke_nested_start_execution(resource, input_data)
    nested = stepfunctions._executions[started["ExecutionArn"]]
    while nested["status"] == "RUNNING":
        if caller["status"] != "RUNNING":
            stepfunctions._stop_execution({"executionArn": nested["executionArn"]})
            raise Ended
        time.sleep(_PAUSE_SECONDS)
    if nested["status"] != "SUCCEEDED":
        raise stepfunctions._ExecutionError(*stepfunctions._nested_execution_failure(nested))
    output = json.loads(nested["output"]) if resource.endswith(".sync:2") else nested["output"]
    told = {name[0].upper() + name[1:]: nested[name] for name in (*_TOLD, "stopDate")}
    return {**told, "Output": output}
