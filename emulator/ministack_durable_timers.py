"""What happens to a durable execution's operations by itself, in time: see :mod:`emulator.ministack_durable`."""

import time
from math import inf
from typing import Any

from ministack.services import lambda_durable

Data = dict[str, Any]


def due(operation: Data) -> float:
    """Return when something happens to an operation by itself."""
    if operation["Status"] not in ("STARTED", "PENDING"):
        return inf
    callback = operation.get("CallbackDetails", {})
    times = (
        operation.get("WaitDetails", {}).get("ScheduledEndTimestamp"),
        operation.get("StepDetails", {}).get("NextAttemptTimestamp"),
        callback.get("TimeoutDeadline"),
        callback.get("HeartbeatDeadline"),
    )
    return min((one for one in times if one is not None), default=inf)


def settle(execution: Data) -> bool:
    """End what is due; return whether there was something."""
    now = time.time()
    if execution.get("_TimeoutDeadline", inf) <= now:
        lambda_durable._time_out_execution(execution)
    over = [operation for operation in execution["Operations"] if due(operation) <= now]
    for operation in over:
        _end(execution, operation, now)
    return bool(over)


def _end(execution: Data, operation: Data, now: float) -> None:
    if operation["Type"] == "STEP":
        operation["Status"] = "READY"
        del operation["StepDetails"]["NextAttemptTimestamp"]
        return
    operation["EndTimestamp"] = now
    if operation["Type"] == "WAIT":
        operation["Status"] = "SUCCEEDED"
        tell(execution, operation, "WaitSucceeded", {"Duration": 0})
        return
    operation["Status"] = "TIMED_OUT"
    operation["CallbackDetails"]["Error"] = error = _late(operation, now)
    tell(execution, operation, "CallbackTimedOut", {"Error": {"Payload": error, "Truncated": False}})


def _late(operation: Data, now: float) -> Data:
    timeout = operation.get("CallbackDetails", {}).get("TimeoutDeadline")
    kind = "Callback.Timeout" if timeout is not None and timeout <= now else "Callback.Heartbeat"
    return {"ErrorType": kind, "ErrorMessage": "Callback timed out"}


def tell(execution: Data, operation: Data, event: str, details: Data) -> None:
    """Add an event to an execution's history."""
    name, id_ = operation.get("Name"), operation["Id"]
    lambda_durable._emit_history_event(execution, event, f"{event}Details", details, event_id=id_, name=name)
