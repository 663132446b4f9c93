"""Task tokens as AWS documents them, behind botocore's interface and with botocore's errors.

No emulator is right about late, duplicate, throttled and encrypted answers. Sources: the documentation of
``SendTaskSuccess`` and its errors in botocore's model; ``tests/unit/test_resume.py`` pins this to that model.
"""

import json
from typing import Any

from botocore.exceptions import ClientError

UNKNOWN = "TaskDoesNotExist"
INVALID = "InvalidToken"
CLOSED = "TaskTimedOut"


class FakeStepFunctions:
    """Takes the first verdict for each open token; ``refusals`` are error codes for the next calls, in order."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.closed: set[str] = set()
        self.verdicts: list[tuple[str, str, dict[str, Any]]] = []
        self.heartbeats: list[str] = []
        self.refusals: list[str] = []
        self.calls = 0

    def wait(self, token: str) -> str:
        """A state begins to wait under ``token``."""
        self.open.add(token)
        return token

    def time_out(self, token: str) -> None:
        """The state that waits under ``token`` times out."""
        self.open.remove(token)
        self.closed.add(token)

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:
        self._check("SendTaskSuccess", taskToken)
        return self._close(taskToken, "success", json.loads(output))

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> dict[str, Any]:
        self._check("SendTaskFailure", taskToken)
        return self._close(taskToken, "failure", {"error": error, "cause": cause})

    def send_task_heartbeat(self, *, taskToken: str) -> dict[str, Any]:
        self._check("SendTaskHeartbeat", taskToken)
        self.heartbeats.append(taskToken)
        return {}

    def _close(self, token: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        self.time_out(token)
        self.verdicts.append((token, kind, content))
        return {}

    def _check(self, operation: str, token: str) -> None:
        self.calls += 1
        code = self.refusals.pop(0) if self.refusals else self._state(token)
        if code:
            raise refusal(operation, code, token)

    def _state(self, token: str) -> str | None:
        if token in self.open:
            return None
        return CLOSED if token in self.closed else UNKNOWN


def refusal(operation: str, code: str, token: str = "") -> ClientError:
    """Return botocore's error; like some of AWS's messages, it quotes the token."""
    return ClientError({"Error": {"Code": code, "Message": f"{code}: '{token}'"}}, operation)
