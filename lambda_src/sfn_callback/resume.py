"""The token-resume helper: every verdict of every handler goes through here.

A task token takes exactly one verdict, so the token itself is the latch: whoever sees that the work has
ended sends, and a second verdict is refused by Step Functions. That refusal is a :class:`Delivery`,
not an error.
"""

import json
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from sfn_callback import errors, texts
from sfn_callback.aws import clients
from sfn_callback.log import fingerprint

MAX_TOKEN = 2_048
MAX_OUTPUT = 262_144
MAX_ERROR = 256
MAX_CAUSE = 32_768
"""Characters, and bytes of JSON; botocore: ``TaskToken``, ``SensitiveData``, ``SensitiveError``, ``SensitiveCause``."""

ERRORS: dict[str, type[errors.ResumeError]] = {
    "InvalidToken": errors.TokenInvalid,
    "TaskDoesNotExist": errors.TokenUnknown,
    "InvalidOutput": errors.OutputInvalid,
    "AccessDeniedException": errors.ResumeDenied,
    "KmsAccessDeniedException": errors.KeyUnavailable,
    "KmsInvalidStateException": errors.KeyUnavailable,
}
"""Our error for each of AWS's. Any other, and a broken connection, is ``ResumeUnavailable``."""


class Delivery(Enum):
    """What Step Functions did with a verdict or a heartbeat."""

    ACCEPTED = "accepted"
    ALREADY_CLOSED = "already closed"


def succeed(token: str, output: Any) -> Delivery:
    """Resume the waiting state with success, and its result: any JSON value of at most 262,144 bytes as UTF-8.

    Raises:
        OutputInvalid: it is not JSON.
        OutputTooLarge: put it on S3 and send where it is.
        ResumeError: see :data:`ERRORS`.
    """
    text = encoded(output)
    if len(text) > MAX_OUTPUT:
        raise errors.OutputTooLarge(
            f"The output has {len(text):,} bytes; Step Functions takes {MAX_OUTPUT:,}."
            " Put it on S3 and send where it is."
        )
    return _send("send_task_success", token, output=text.decode())


def encoded(output: Any) -> bytes:
    """Return an output as UTF-8 JSON.

    Raises:
        OutputInvalid: it is not JSON.
    """
    try:
        return json.dumps(output, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise errors.OutputInvalid(f"The output is not JSON: {error}.") from None


def fail(token: str, error: str, cause: str) -> Delivery:
    """Resume the waiting state with failure. Error and cause are cut to 256 and 32,768 bytes.

    An error that is cut stands whole before the cause. Raises as :data:`ERRORS` says.
    """
    name = texts.cut(error, MAX_ERROR)
    full_cause = cause if len(name) == len(str(error)) else f"{error}: {cause}"
    return _send("send_task_failure", token, error=name, cause=texts.cut(full_cause, MAX_CAUSE))


def heartbeat(token: str) -> Delivery:
    """Tell the waiting state that its work is still going on.

    It counts only where the state has ``HeartbeatSeconds``, and never extends ``TimeoutSeconds``.
    ``ALREADY_CLOSED`` means that nobody waits any more: stop working. Raises as :data:`ERRORS` says.
    """
    return _send("send_task_heartbeat", token)


def _send(operation: str, token: str, **verdict: str) -> Delivery:
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        raise errors.TokenInvalid(f"A task token is a text of 1 to {MAX_TOKEN:,} characters.")
    code = _call(operation, token, verdict)
    if code is None:
        return Delivery.ACCEPTED
    # It has expired, or its task has been closed (botocore: ``SendTaskSuccess``).
    if code == "TaskTimedOut":
        return Delivery.ALREADY_CLOSED
    kind = ERRORS.get(code, errors.ResumeUnavailable)
    raise kind(f"{operation} for token {fingerprint(token)} failed with {code}.")


def _call(operation: str, token: str, verdict: dict[str, str]) -> str | None:
    try:
        getattr(clients.stepfunctions(), operation)(taskToken=token, **verdict)
    except ClientError as error:
        # AWS's message may quote the token: keep nothing of it but the code.
        return error.response["Error"]["Code"]
    except (BotoCoreError, ResponseParserError) as error:
        return type(error).__name__
    return None
