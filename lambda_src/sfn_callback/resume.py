"""The token-resume helper: every verdict of every handler goes through here.

A task token takes exactly one verdict, so the token itself is the latch: whoever sees that the work has
ended sends, and a second verdict is refused by AWS. That refusal is a :class:`Delivery`, not an error.

A token is Step Functions' own, or ``durable:`` and the id of a callback that a Lambda durable function waits for. By
their alphabets the two could not be told apart, and a colon is in neither (botocore: ``TaskToken``, ``CallbackId``).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
"""Characters, and bytes, of which the output is JSON; botocore: ``TaskToken``, ``SensitiveData``, ``SensitiveError``,
``SensitiveCause``. A durable function takes more of each."""

DURABLE_MARK = "durable:"
"""What a token begins with whose rest is the id of a durable function's callback."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """A kind of token: who waits under it, and how to answer them.

    ``operations`` is what the names of the client's methods begin with, ``argument`` the one that has the token,
    ``closed`` the error that says that it has been answered or has expired, and ``errors`` our error for each other one
    of AWS's: any that is missing, and a broken connection, is ``ResumeUnavailable``. ``success`` and ``failure`` make
    the other arguments. ``max_output`` is in bytes of JSON.
    """

    service: str
    client: str
    operations: str
    argument: str
    max_output: int
    closed: str
    errors: Mapping[str, type[errors.ResumeError]]
    success: Callable[[bytes], dict[str, Any]]
    failure: Callable[[str, str], dict[str, Any]]


MACHINE = Waiter(
    service="Step Functions",
    client="stepfunctions",
    operations="send_task",
    argument="taskToken",
    max_output=MAX_OUTPUT,
    closed="TaskTimedOut",
    errors={
        "InvalidToken": errors.TokenInvalid,
        "TaskDoesNotExist": errors.TokenUnknown,
        "InvalidOutput": errors.OutputInvalid,
        "AccessDeniedException": errors.ResumeDenied,
        "KmsAccessDeniedException": errors.KeyUnavailable,
        "KmsInvalidStateException": errors.KeyUnavailable,
    },
    success=lambda output: {"output": output.decode()},
    failure=lambda error, cause: {"error": error, "cause": cause},
)
"""A state of a Step Functions state machine (botocore: ``SendTaskSuccess``)."""

DURABLE = Waiter(
    service="Lambda",
    client="functions",
    operations="send_durable_execution_callback",
    argument="CallbackId",
    max_output=1_048_576,
    closed="CallbackTimeoutException",
    errors={
        "InvalidParameterValueException": errors.TokenInvalid,
        "ResourceNotFoundException": errors.TokenUnknown,
        "AccessDeniedException": errors.ResumeDenied,
        "KMSAccessDeniedException": errors.KeyUnavailable,
        "KMSDisabledException": errors.KeyUnavailable,
        "KMSInvalidStateException": errors.KeyUnavailable,
        "KMSNotFoundException": errors.KeyUnavailable,
    },
    success=lambda output: {"Result": output},
    # The SDK drops the type of a failed callback: its message is the name that a caller can tell errors by.
    failure=lambda error, cause: {
        "Error": {"ErrorMessage": error, "ErrorType": error, "ErrorData": json.dumps({"error": error, "cause": cause})}
    },
)
"""A Lambda durable function (botocore 1.43.110: ``SendDurableExecutionCallbackSuccess``).

Before that version the model has 262,144 bytes for the result; botocore itself checks neither.
"""


class Delivery(Enum):
    """What AWS did with a verdict or a heartbeat."""

    ACCEPTED = "accepted"
    ALREADY_CLOSED = "already closed"


def waiter(token: str) -> Waiter:
    """Return who waits under a token."""
    return DURABLE if token.startswith(DURABLE_MARK) else MACHINE


def check_answerable(token: str) -> None:
    """Check before the work whether this function can answer the token.

    Raises:
        ResumeUnsupported: its botocore is too old.
    """
    who = waiter(token)
    if who is DURABLE:
        _method(who, "success")


def succeed(token: str, output: Any) -> Delivery:
    """Resume whoever waits with success and a result: any JSON value of at most ``max_output`` bytes as UTF-8.

    Raises:
        OutputInvalid: it is not JSON.
        OutputTooLarge: put it on S3 and send its location.
        ResumeError: see :class:`Waiter`.
    """
    text = encoded(output)
    who = _checked(token)
    if len(text) > who.max_output:
        raise errors.OutputTooLarge(
            f"The output has {len(text):,} bytes; {who.service} takes at most {who.max_output:,}. Put it on S3"
            " and send its location."
        )
    return _send(who, "success", token, who.success(text))


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
    """Resume whoever waits with a failure. Error and cause are cut to 256 and 32,768 bytes.

    If the error is cut, the cause begins with all of it. Raises as :class:`Waiter` says.
    """
    name = texts.cut(error, MAX_ERROR)
    full_cause = cause if len(name) == len(str(error)) else f"{error}: {cause}"
    who = _checked(token)
    return _send(who, "failure", token, who.failure(name, texts.cut(full_cause, MAX_CAUSE)))


def heartbeat(token: str) -> Delivery:
    """Tell whoever waits that the work is still going on.

    It counts only where the state has ``HeartbeatSeconds``, or the callback a ``HeartbeatTimeout``, and never extends
    the timeout. ``ALREADY_CLOSED`` means that nobody waits any more: stop working. Raises as :class:`Waiter` says.
    """
    return _send(_checked(token), "heartbeat", token, {})


def _checked(token: str) -> Waiter:
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        raise errors.TokenInvalid(f"A task token must be a string of 1 to {MAX_TOKEN:,} characters.")
    return waiter(token)


def _send(who: Waiter, verdict: str, token: str, fields: dict[str, Any]) -> Delivery:
    code = _call(who, verdict, {who.argument: token.removeprefix(DURABLE_MARK), **fields})
    if code is None:
        return Delivery.ACCEPTED
    if code == who.closed:
        return Delivery.ALREADY_CLOSED
    kind = who.errors.get(code, errors.ResumeUnavailable)
    raise kind(f"{who.operations}_{verdict} for token {fingerprint(token)} failed with {code}.")


def _call(who: Waiter, verdict: str, fields: dict[str, Any]) -> str | None:
    send = _method(who, verdict)
    try:
        send(**fields)
    except ClientError as error:
        # AWS's message may quote the token: keep nothing of it but the code.
        return error.response["Error"]["Code"]
    except (BotoCoreError, ResponseParserError) as error:
        return type(error).__name__
    return None


def _method(who: Waiter, verdict: str) -> Callable[..., Any]:
    send = getattr(getattr(clients, who.client)(), f"{who.operations}_{verdict}", None)
    if send is None:
        raise errors.ResumeUnsupported.lacking(f"{who.operations}_{verdict}")
    return send  # type: ignore[no-any-return]
