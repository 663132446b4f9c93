"""Callbacks of Lambda durable functions as AWS documents them, behind botocore's interface and with botocore's errors.

Sources: botocore's model of ``lambda`` (``SendDurableExecutionCallbackSuccess`` and its errors), to which
``tests/unit/test_resume.py`` pins this.
"""

import json
import re
from typing import Any

from testing.task_tokens import refusal

UNKNOWN = "ResourceNotFoundException"
INVALID = "InvalidParameterValueException"
CLOSED = "CallbackTimeoutException"

MAX_RESULT = MAX_ERROR = 1_048_576
"""Bytes of a result, and of all of an error."""
_ID = re.compile("[A-Za-z0-9+/]{1,1022}={0,2}")


class FakeLambda:
    """Takes the first verdict for each open callback; ``refusals`` are error codes for the next calls, in order.

    ``executions`` are the durable executions that there are, each with its status.
    """

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.closed: set[str] = set()
        self.verdicts: list[tuple[str, str, Any]] = []
        self.heartbeats: list[str] = []
        self.refusals: list[str] = []
        self.executions: dict[str, str] = {}

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

    def get_durable_execution(self, *, DurableExecutionArn: str, **_: bool) -> dict[str, Any]:
        if DurableExecutionArn not in self.executions:
            raise refusal("GetDurableExecution", UNKNOWN)
        return {"DurableExecutionArn": DurableExecutionArn, "Status": self.executions[DurableExecutionArn]}

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
