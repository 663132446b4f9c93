"""Executions of the caller's durable functions: which ARNs are theirs, and how one is.

They are told one by one, and of a function's version only: there is no list of all that run. An account has a rate for
the questions that is its own (*Rate of GetDurableExecution API requests* in Service Quotas):
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from sfn_callback.aws import clients
from sfn_callback.errors import ResumeUnsupported

RUNNING = "RUNNING"
FORGOTTEN = "FORGOTTEN"
"""Of one that Lambda knows no more: its retention is over, or its function was deleted."""
_INSIDE = "/durable-execution/"


def is_durable(execution: str) -> bool:
    """Return whether the ARN of an execution is a durable function's: in a machine's there is no slash.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
    """
    return _INSIDE in execution


def status(execution: str) -> str:
    """Return the status of an execution: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, STOPPED, or :data:`FORGOTTEN`.

    Raises:
        ResumeUnsupported: this function's botocore is too old to ask.
        ClientError: AWS does not tell.
    """
    try:
        return str(_asked(execution)["Status"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return FORGOTTEN


def _asked(execution: str) -> Any:
    ask: Any = getattr(clients.functions(), "get_durable_execution", None)
    if ask is None:
        raise ResumeUnsupported.lacking("get_durable_execution")
    try:
        # What it was given and has returned is the caller's, and may be encrypted with a key of theirs.
        return ask(DurableExecutionArn=execution, IncludeExecutionData=False)
    except ParamValidationError:
        # Botocore had the operation before it had this.
        return ask(DurableExecutionArn=execution)
