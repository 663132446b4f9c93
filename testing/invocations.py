"""Lambda's asynchronous invocations: three attempts, and the record of one that failed for good.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
``tests/recorded/test_functions.py`` has what AWS was recorded to do.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

Handler = Callable[[dict[str, Any], Any], Any]

MAX_PAYLOAD = 1_048_576
"""Bytes of an asynchronous event, an on-failure record included:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

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


class RecordLost(Exception):
    """An event failed for good, and AWS delivers no record of it, because that would be too large."""


def failed(event: dict[str, Any], response: dict[str, Any], attempts: int = 3) -> dict[str, Any]:
    """Return the record of an event whose last attempt failed with that response."""
    return {**_record(event, "RetriesExhausted", attempts), **_answered(response)}


def expired(event: dict[str, Any], response: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the record of an event that grew too old: before its first attempt, or after one with that response.

    AWS was recorded to tell the last attempt's response. Of an event without any there is no recording.
    """
    if response is None:
        return _record(event, "EventAgeExceeded", 0)
    return {**_record(event, "EventAgeExceeded", 1), **_answered(response)}


def reserved_none(event: dict[str, Any]) -> dict[str, Any]:
    """Return the record of an event whose function may not run: its reserved concurrency is 0."""
    return _record(event, "ZeroReservedConcurrency", 0)


def deliver(handler: Handler, event: dict[str, Any], retries: int = 2) -> dict[str, Any] | None:
    """Invoke a handler as Lambda does, up to three times; return the record of an event that failed each time.

    Raises:
        RecordLost: the record is too large.
    """
    response: dict[str, Any] = {}
    for _ in range(1 + retries):
        try:
            handler(event, None)
        except Exception as raised:
            response = {"errorType": type(raised).__name__, "errorMessage": str(raised)}
        else:
            return None
    return _sent(failed(event, response, 1 + retries))


class Function:
    """A function behind its reservation: at most so many run at once, and its events wait, which is no attempt.

    ``waiting`` are the events that have not been tried, ``records`` those of the events that failed for good.
    """

    def __init__(self, handler: Handler, reserved: int | None = None) -> None:
        self.reserved = reserved
        self.waiting: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self._handler = handler
        self._running = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """It is running, for somebody else."""
        self._running += 1
        yield
        self._running -= 1
        self._run()

    def invoke(self, event: dict[str, Any]) -> Any:
        """Invoke it and wait.

        Raises:
            ClientError: as many run as may.
        """
        if not self._free():
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            response = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}, "Reason": reason}
            raise ClientError(response, "Invoke")  # type: ignore[arg-type]
        return self._handler(event, None)

    def send(self, event: dict[str, Any]) -> None:
        """Invoke it asynchronously."""
        if len(json.dumps(event).encode()) > MAX_PAYLOAD:
            raise ClientError({"Error": {"Code": "RequestEntityTooLargeException", "Message": ""}}, "Invoke")
        if self.reserved == 0:
            self.records.append(reserved_none(event))
            return
        self.waiting.append(event)
        self._run()

    def _free(self) -> bool:
        return self.reserved is None or self._running < self.reserved

    def _run(self) -> None:
        while self.waiting and self._free():
            if record := deliver(self._handler, self.waiting.pop(0)):
                self.records.append(record)


def _sent(record: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(record).encode())
    if size > MAX_PAYLOAD:
        raise RecordLost(f"A record of {size:,} bytes is delivered to nobody.")
    return record


def _answered(response: dict[str, Any]) -> dict[str, Any]:
    context = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    return {"responseContext": context, "responsePayload": response}


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
