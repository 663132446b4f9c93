"""Task tokens as AWS documents them, behind botocore's interface and with botocore's errors.

No emulator is right about late, duplicate, throttled and encrypted answers. Sources: the recordings in
``tests/recorded``, the documentation of ``SendTaskSuccess`` and its errors in botocore's model;
``tests/unit/test_resume.py`` pins this to that model.
"""

import json
from typing import Any

from botocore.exceptions import ClientError

from testing.quotas import Bucket

UNKNOWN = "TaskDoesNotExist"
INVALID = "InvalidToken"
CLOSED = "TaskTimedOut"
THROTTLED = "ThrottlingException"

MAX_BYTES = 262_144
"""Of an input or output: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
_LONGEST = {"taskToken": 2_048, "error": 256, "cause": 32_768}


class FakeStepFunctions:
    """Takes the first verdict for each open token; ``refusals`` are error codes for the next calls, in order.

    ``buckets`` are the account's quotas, by operation: without them nothing is throttled.
    """

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.closed: set[str] = set()
        self.verdicts: list[tuple[str, str, dict[str, Any]]] = []
        self.heartbeats: list[str] = []
        self.refusals: list[str] = []
        self.buckets: dict[str, Bucket] = {}
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
        return self._close(taskToken, "success", _read("SendTaskSuccess", output))

    def send_task_failure(
        self, *, taskToken: str, error: str | None = None, cause: str | None = None
    ) -> dict[str, Any]:
        texts = {name: text for name, text in (("error", error), ("cause", cause)) if text is not None}
        self._check("SendTaskFailure", taskToken, **texts)
        return self._close(taskToken, "failure", texts)

    def send_task_heartbeat(self, *, taskToken: str) -> dict[str, Any]:
        self._check("SendTaskHeartbeat", taskToken)
        self.heartbeats.append(taskToken)
        return {}

    def take_quota(self, operation: str) -> None:
        """Count a request.

        Raises:
            ClientError: there have been too many.
        """
        if operation in self.buckets and not self.buckets[operation].take():
            raise refusal(operation, THROTTLED)

    def _close(self, token: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        self.time_out(token)
        self.verdicts.append((token, kind, content))
        return {}

    def _check(self, operation: str, token: str, **texts: str) -> None:
        self.calls += 1
        if self.refusals:
            raise refusal(operation, self.refusals.pop(0), token)
        self.take_quota(operation)
        for name, text in {"taskToken": token, **texts}.items():
            if len(text) > _LONGEST[name]:
                raise refusal(operation, "ValidationException")
        if code := self._state(token):
            raise refusal(operation, code, token)

    def _state(self, token: str) -> str | None:
        if token in self.open:
            return None
        return CLOSED if token in self.closed else INVALID


def refusal(operation: str, code: str, token: str = "") -> ClientError:
    """Return botocore's error; like some of AWS's messages, it quotes the token."""
    return ClientError({"Error": {"Code": code, "Message": f"{code}: '{token}'"}}, operation)


def too_large(text: str) -> bool:
    """Whether an input or output is more than Step Functions takes."""
    return len(text.encode()) > MAX_BYTES


def _read(operation: str, output: str) -> Any:
    if too_large(output):
        raise refusal(operation, "ValidationException")
    try:
        return json.loads(output)
    except ValueError:
        raise refusal(operation, "InvalidOutput") from None
