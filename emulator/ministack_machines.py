"""MiniStack's state machines, described as AWS does.

A machine tells whether it is traced, ``tracingConfiguration``:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html. MiniStack forgets it, so
that Terraform sets it anew with each apply.
"""

import json
from typing import Any

from ministack.services import stepfunctions

from emulator.patches import replace, theirs

_create = theirs(stepfunctions, "_create_state_machine")
_update = theirs(stepfunctions, "_update_state_machine")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(stepfunctions, "_create_state_machine", _create_with_tracing)
    replace(stepfunctions, "_update_state_machine", _update_with_tracing)


def _create_with_tracing(data: dict[str, Any]) -> Any:
    answer = _create(data)
    if answer[0] == 200:
        machine = stepfunctions._state_machines[json.loads(answer[2])["stateMachineArn"]]
        machine.setdefault("tracingConfiguration", data.get("tracingConfiguration", {"enabled": False}))
    return answer


def _update_with_tracing(data: dict[str, Any]) -> Any:
    answer = _update(data)
    if answer[0] == 200 and "tracingConfiguration" in data:
        stepfunctions._state_machines[data["stateMachineArn"]]["tracingConfiguration"] = data["tracingConfiguration"]
    return answer
