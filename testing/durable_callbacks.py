"""Callbacks of Lambda durable functions as AWS documents them, behind botocore's interface and with botocore's errors.

Sources: botocore's model of ``lambda`` (``SendDurableExecutionCallbackSuccess`` and its errors), to which
``tests/unit/test_resume.py`` and ``tests/operator/test_executions.py`` pin this.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from testing.task_tokens import refusal

UNKNOWN = "ResourceNotFoundException"
INVALID = "InvalidParameterValueException"
CLOSED = "CallbackTimeoutException"

MAX_RESULT = MAX_ERROR = 1_048_576
"""Bytes of a result, and of all of an error."""
_ARN = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+:(\$LATEST|\d+)/durable-execution/[\w-]+/[\w-]+")
_ID = re.compile("[A-Za-z0-9+/]{1,1022}={0,2}")


class FakeLambda:
    """Takes the first verdict for each open callback; ``refusals`` are error codes for the next calls, in order.

    ``executions`` are the durable executions that there are, each with its status, and ``endings`` what Lambda says of
    the end of each: its ``Result``, or its ``Error``.
    """

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.closed: set[str] = set()
        self.verdicts: list[tuple[str, str, Any]] = []
        self.heartbeats: list[str] = []
        self.refusals: list[str] = []
        self.executions: dict[str, str] = {}
        self.endings: dict[str, dict[str, Any]] = {}
        self.now = datetime.now(UTC)

    def wait(self, callback: str) -> str:
        """A durable function begins to wait for a callback."""
        self.open.add(callback)
        return callback

    def time_out(self, callback: str) -> None:
        """The callback times out."""
        self.open.remove(callback)
        self.closed.add(callback)

    def send_durable_execution_callback_success(self, *, CallbackId: str, Result: bytes = b"") -> dict[str, Any]:
        self._check("SendDurableExecutionCallbackSuccess", CallbackId, len(Result), MAX_RESULT)
        return self._close(CallbackId, "success", json.loads(Result))

    def send_durable_execution_callback_failure(self, *, CallbackId: str, Error: dict[str, Any]) -> dict[str, Any]:
        size = sum(len(str(field).encode()) for field in Error.values())
        self._check("SendDurableExecutionCallbackFailure", CallbackId, size, MAX_ERROR)
        return self._close(CallbackId, "failure", Error)

    def send_durable_execution_callback_heartbeat(self, *, CallbackId: str) -> dict[str, Any]:
        self._check("SendDurableExecutionCallbackHeartbeat", CallbackId, 0, 0)
        self.heartbeats.append(CallbackId)
        return {}

    def end(self, arn: str, status: str, **ending: Any) -> None:
        """An execution ends like that. Whoever answers a callback of it later is too late."""
        self.executions[arn], self.endings[arn] = status, ending
        self.closed |= self.open
        self.open.clear()

    def get_durable_execution(self, *, DurableExecutionArn: str, **_: bool) -> dict[str, Any]:
        self._known("GetDurableExecution", DurableExecutionArn)
        return {**self._listed(DurableExecutionArn), **self.endings.get(DurableExecutionArn, {})}

    def stop_durable_execution(self, *, DurableExecutionArn: str, Error: dict[str, Any]) -> dict[str, Any]:
        self._known("StopDurableExecution", DurableExecutionArn)
        self.end(DurableExecutionArn, "STOPPED", Error=Error)
        return {"StopTimestamp": self.now}

    def list_durable_executions_by_function(self, *, FunctionName: str) -> dict[str, Any]:
        arns = [arn for arn in self.executions if f":function:{FunctionName}:" in arn]
        return {"DurableExecutions": [self._listed(arn) for arn in arns]}

    def _known(self, operation: str, arn: str) -> None:
        if not _ARN.fullmatch(arn):
            raise refusal(operation, INVALID)
        if arn not in self.executions:
            raise refusal(operation, UNKNOWN)

    def _listed(self, arn: str) -> dict[str, Any]:
        ended = {} if self.executions[arn] == "RUNNING" else {"EndTimestamp": self.now}
        function, _, names = arn.partition("/durable-execution/")
        return {
            "DurableExecutionArn": arn,
            "DurableExecutionName": names.partition("/")[0],
            "FunctionArn": function,
            "StartTimestamp": self.now,
            "Status": self.executions[arn],
            **ended,
        }

    def _close(self, callback: str, kind: str, content: Any) -> dict[str, Any]:
        self.time_out(callback)
        self.verdicts.append((callback, kind, content))
        return {}

    def _check(self, operation: str, callback: str, size: int, limit: int) -> None:
        if self.refusals:
            raise refusal(operation, self.refusals.pop(0), callback)
        if not _ID.fullmatch(callback) or size > limit:
            raise refusal(operation, INVALID, callback)
        if callback not in self.open:
            raise refusal(operation, CLOSED if callback in self.closed else UNKNOWN, callback)
