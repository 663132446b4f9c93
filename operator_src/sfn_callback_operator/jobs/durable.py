"""Executions of the caller's durable functions, in Step Functions' terms.

Only Lambda is asked about them: Step Functions does not take their ARNs.
"""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from sfn_callback.aws import clients
from sfn_callback_operator.errors import OperatorError

WORKFLOW = "durable"
"""What the workflow of such an execution is called: none of the module's machines waits."""
_ARN = re.compile(
    r"arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+):(\d{12}):function:([a-zA-Z0-9_-]+):(\$LATEST(?:\.PUBLISHED)?|[0-9]+)"
    r"/durable-execution/([a-zA-Z0-9_-]+)/[a-zA-Z0-9_-]+"
)
"""https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html"""


class Named(NamedTuple):
    """The parts of an execution's ARN."""

    region: str
    account: str
    function: str
    version: str
    name: str


def named(arn: str) -> Named | None:
    """Return the parts of the ARN, ``None`` if it is not a durable function's execution."""
    found = _ARN.fullmatch(arn)
    return Named(*found.groups()) if found else None


def described(arn: str) -> Mapping[str, Any]:
    """Return Lambda's description of an execution, with Step Functions' field names.

    Its status may also be STOPPED. Raises ``ClientError`` if it does not exist any more.
    """
    said = _method("get_durable_execution")(DurableExecutionArn=arn)
    ended = {"stopDate": said["EndTimestamp"]} if "EndTimestamp" in said else {}
    given = {"input": said["InputPayload"]} if "InputPayload" in said else {}
    output = {"output": said["Result"]} if "Result" in said else {}
    known = {"executionArn": arn, "name": said["DurableExecutionName"], "status": said["Status"]}
    return {**known, "startDate": said["StartTimestamp"], **ended, **given, **output, **_error(said.get("Error"))}


def stop(arn: str, cause: str) -> None:
    """Stop an execution."""
    error = {"ErrorType": "Cancelled", "ErrorMessage": cause}
    _method("stop_durable_execution")(DurableExecutionArn=arn, Error=error)


def _error(said: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the name and the cause of an error; a failed callback of ours has both in its data."""
    if not said:
        return {}
    try:
        ours = json.loads(said.get("ErrorData") or "null")
    except ValueError:
        ours = None
    if isinstance(ours, dict) and {"error", "cause"} <= {*ours}:
        return {"error": str(ours["error"]), "cause": str(ours["cause"])}
    texts = {"error": said.get("ErrorType"), "cause": said.get("ErrorMessage")}
    return {name: text for name, text in texts.items() if text}


def _method(name: str) -> Any:
    method = getattr(clients.functions(), name, None)
    if method is None:
        raise OperatorError(f"This command's boto3 has no {name}: install boto3 1.42.1 or later. Nothing was done.")
    return partial(method)
