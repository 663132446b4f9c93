"""Lambda's asynchronous invocations: three attempts, and the record of one that failed for good.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from collections.abc import Callable
from typing import Any

_ID = "e4b46cbf-b738-4f0a-8880-a18cdf61200e"

# What Lambda says for a function that cannot speak any more: with a name now, and before without one, as the record in
# its documentation still is.
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation
CRASHED = [
    {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {_ID} Error: Runtime exited without providing a reason",
    },
    {"errorMessage": f"RequestId: {_ID} Process exited before completing request"},
]
OUT_OF_MEMORY = [
    {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {_ID} Error: Runtime exited with error: signal: killed",
    },
    {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {_ID} Error: Runtime exited with error: signal: killed",
    },
]
TIMED_OUT = [
    {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {_ID} Error: Task timed out after 300.00 seconds"},
    {"errorMessage": f"2026-01-31T23:59:59.568Z {_ID} Task timed out after 300.00 seconds"},
]


def failed(event: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Return the record of an event whose last attempt failed with that response."""
    context = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    return {**_record(event, "RetriesExhausted", 3), "responseContext": context, "responsePayload": response}


def expired(event: dict[str, Any], response: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the record of an event that grew too old: before its first attempt, or after one with that response.

    AWS documents the condition, and shows no record of it: what there is no answer for may be missing.
    """
    if response is None:
        return _record(event, "EventAgeExceeded", 0)
    return {**failed(event, response), **_record(event, "EventAgeExceeded", 1)}


def deliver(handler: Callable[[dict[str, Any], Any], Any], event: dict[str, Any]) -> dict[str, Any] | None:
    """Invoke a handler as Lambda does, up to three times; return the record of an event that failed each time."""
    response: dict[str, Any] = {}
    for _ in range(3):
        try:
            handler(event, None)
        except Exception as raised:
            response = {"errorType": type(raised).__name__, "errorMessage": str(raised)}
        else:
            return None
    return failed(event, response)


def _record(event: dict[str, Any], condition: str, attempts: int) -> dict[str, Any]:
    arn = "arn:aws:lambda:eu-central-1:000000000000:function:docs-process:$LATEST"
    return {
        "version": "1.0",
        "timestamp": "2026-01-31T23:59:59.568Z",
        "requestContext": {
            "requestId": _ID,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
    }
