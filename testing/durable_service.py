"""Lambda's durable executions in memory: AWS's own SDK runs on it, invocation after invocation, as it does on Lambda.

What it keeps of an execution are the operations that the SDK has recorded (botocore's model of ``lambda``:
``CheckpointDurableExecution``), and each invocation begins with them. Functions that an operation invokes are called
between two invocations, pauses are over at once, and callbacks are answered by whoever knows their ids:
:class:`testing.durable_callbacks.FakeLambda`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws_durable_execution_sdk_python import InvocationError, durable_execution

from testing.durable_callbacks import FakeLambda

Functions = dict[str, Callable[[dict[str, Any], Any], Any]]
ARN = "arn:aws:lambda:eu-central-1:000000000000:function:orders:3/durable-execution/order-7/0123456789abcdef"
_INPUT = "0123456789abcdef"
_MOST_INVOCATIONS = 500
_KEPT = ("Id", "Type", "Name", "ParentId", "SubType")


class Killed(Exception):
    """The function's process is gone in the middle of a request."""


@dataclass
class DurableService(FakeLambda):
    """``functions`` are invoked by name; ``killed_at`` are the requests, from 1 on, in which the function dies.

    ``idle`` is called when nothing but a callback can end the execution's wait, ``tasks`` are what others were invoked
    with, and ``invoked`` what operations were: their names, and the functions.
    """

    functions: Functions = field(default_factory=dict)
    idle: Callable[[], object] = lambda: None
    killed_at: frozenset[int] = frozenset()
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoked: list[tuple[str, str]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def run(self, function: Callable[[Any, Any], Any], event: dict[str, Any]) -> dict[str, Any]:
        """Run a durable function to its end; return what it told Lambda in its last invocation."""
        handler = durable_execution(function, boto3_client=self)  # type: ignore[arg-type]
        details = {"ExecutionDetails": {"InputPayload": json.dumps(event)}}
        self.operations[_INPUT] = {"Id": _INPUT, "Type": "EXECUTION", "Status": "STARTED", **details}
        for _ in range(_MOST_INVOCATIONS):
            try:
                said = handler(self._invocation(), None)  # type: ignore[arg-type]
            except InvocationError:
                # Lambda invokes it again.
                continue
            if said["Status"] != "PENDING":
                return dict(said)
            self._go_on()
        raise AssertionError(f"The function still waits: {self.operations}")

    def checkpoint_durable_execution(self, *, Updates: list[dict[str, Any]], **_: str) -> dict[str, Any]:
        self._die()
        for update in Updates:
            self._record(update)
        self._die()
        return {"CheckpointToken": "next", "NewExecutionState": {"Operations": [*self.operations.values()]}}

    def invoke(self, *, Payload: bytes, **_: str) -> None:
        """A function of the module's invokes another one, which the test does in its place."""
        self.tasks.append(json.loads(Payload))

    def names(self, kind: str) -> list[str]:
        """Return the names of the recorded operations of a kind, in their order."""
        return [one["Name"] for one in self.operations.values() if one["Type"] == kind]

    def _invocation(self) -> dict[str, Any]:
        state = {"Operations": json.loads(json.dumps([*self.operations.values()])), "NextMarker": ""}
        return {"DurableExecutionArn": ARN, "CheckpointToken": "first", "InitialExecutionState": state}

    def _die(self) -> None:
        self.requests += 1
        if self.requests in self.killed_at:
            raise Killed

    def _record(self, update: dict[str, Any]) -> None:
        told: dict[str, Any] = {name: update[name] for name in _KEPT if name in update}
        one = self.operations.setdefault(update["Id"], {**told, "Status": "STARTED"})
        ended = {"SUCCEED": "SUCCEEDED", "FAIL": "FAILED"}
        one["Status"] = ended.get(update["Action"], one["Status"])
        if update["Type"] == "CALLBACK":
            self._callback(one, update)
        elif update["Type"] == "CHAINED_INVOKE":
            one["target"] = (update["ChainedInvokeOptions"]["FunctionName"], json.loads(update["Payload"]))
        elif "Payload" in update:
            one["StepDetails"] = {"Attempt": 1, "Result": update["Payload"]}

    def _callback(self, one: dict[str, Any], update: dict[str, Any]) -> None:
        callback = self.wait(f"{len(self.open | self.closed):04d}/{one['Id'][:16]}=")
        one["CallbackDetails"] = {"CallbackId": callback}
        one["seconds"] = update["CallbackOptions"]["TimeoutSeconds"]

    def _go_on(self) -> None:
        """Do what the execution waits for; where that is a callback alone, let the test do it."""
        begun = [one for one in self.operations.values() if one["Status"] == "STARTED"]
        waiting = [one for one in begun if one["Type"] in ("CALLBACK", "CHAINED_INVOKE", "WAIT")]
        for one in waiting:
            if one["Type"] == "WAIT":
                one["Status"] = "SUCCEEDED"
            elif one["Type"] == "CHAINED_INVOKE":
                self._invoke(one)
        if all(one["Type"] == "CALLBACK" for one in waiting):
            self.idle()
        for one in waiting:
            if one["Type"] == "CALLBACK":
                self._settle(one)

    def _invoke(self, one: dict[str, Any]) -> None:
        function, payload = one.pop("target")
        self.invoked.append((one["Name"], function))
        try:
            result = self.functions[function](payload, None)
        except Exception as error:
            one["Status"] = "FAILED"
            one["ChainedInvokeDetails"] = {
                "Error": {"ErrorType": type(error).__name__, "ErrorMessage": str(error), "StackTrace": []}
            }
        else:
            one["Status"] = "SUCCEEDED"
            one["ChainedInvokeDetails"] = {"Result": json.dumps(result)}

    def _settle(self, one: dict[str, Any]) -> None:
        callback = one["CallbackDetails"]["CallbackId"]
        if callback in self.open:
            return
        for answered, kind, content in self.verdicts:
            if answered == callback:
                one["Status"] = "SUCCEEDED" if kind == "success" else "FAILED"
                said = {"Result": json.dumps(content)} if kind == "success" else {"Error": content}
                one["CallbackDetails"] = {"CallbackId": callback, **said}
                return
        one["Status"] = "TIMED_OUT"
