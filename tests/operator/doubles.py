"""Services that moto has not, or does not run: Lambda, whose functions are handled at once, and IAM's simulator."""

import importlib
import io
import json
import threading
from typing import Any

from sfn_callback.handlers import chunk_failed
from testing import invocations
from testing.task_tokens import refusal


class Functions:
    """Lambda on moto, which runs nothing: what is invoked here is handled at once."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.durable: Any = None
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        # moto loses updates of DynamoDB that come at the same time.
        self._one_by_one = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.durable if self.durable and "durable_execution" in name else self._client, name)

    def invoke(self, *, FunctionName: str, Payload: bytes, InvocationType: str = "RequestResponse") -> dict[str, Any]:
        event = json.loads(Payload)
        self.invoked.append((FunctionName, event))
        named = FunctionName.removeprefix("docs-").replace("-", "_")
        handler = importlib.import_module(f"sfn_callback.handlers.{named}").handler
        with self._one_by_one:
            return self.handled(handler, event, InvocationType)

    def handled(self, handler: Any, event: dict[str, Any], kind: str) -> dict[str, Any]:
        if kind == "Event":
            if record := invocations.deliver(handler, event):
                chunk_failed.handler(record, None)
            return {"StatusCode": 202}
        try:
            return {"Payload": io.BytesIO(json.dumps(handler(event, None)).encode())}
        except Exception as raised:
            failure = {"errorType": type(raised).__name__, "errorMessage": str(raised)}
            return {"Payload": io.BytesIO(json.dumps(failure).encode()), "FunctionError": "Unhandled"}


class Iam:
    """The policy simulator, which moto has not; ``denied`` are actions, ``refused`` whether it may be ``asked``."""

    def __init__(self) -> None:
        self.denied: set[str] = set()
        self.refused = False
        self.asked: list[dict[str, Any]] = []

    def simulate_principal_policy(self, *, ActionNames: list[str], **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        if self.refused:
            raise refusal("SimulatePrincipalPolicy", "AccessDenied")
        decisions = {action: "implicitDeny" if action in self.denied else "allowed" for action in ActionNames}
        return {"EvaluationResults": [{"EvalActionName": one, "EvalDecision": said} for one, said in decisions.items()]}
