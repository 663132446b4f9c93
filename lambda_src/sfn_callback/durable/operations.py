"""Operations of the SDK that both kinds of waits use: invoke the module's functions, and wait for a callback."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, InvokeError
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration

from sfn_callback.durable import failures
from sfn_callback.errors import SettingsInvalid
from sfn_callback.resume import DURABLE_MARK

ENVIRONMENT = "SFN_CALLBACK_DURABLE"
"""The variable in which the module says what its functions are called, and how long they wait."""

HandOver = Callable[[str, str], object]
"""Hands over a token, by an operation of the name that it is given."""


def module(function: str, workflow: str) -> Mapping[str, Any]:
    """Return the module's configuration of this function.

    Raises:
        SettingsInvalid: the environment has no configuration, or not the workflow that is needed.
    """
    told: dict[str, Any] = json.loads(os.environ.get(ENVIRONMENT) or "{}")
    if not told:
        raise SettingsInvalid(
            f"{ENVIRONMENT} is not set: give this function the `environment` of the module's output `durable`."
        )
    if function not in told:
        raise SettingsInvalid(f"The module's `workflows` must include {workflow!r}, which this function waits for.")
    return told


def task_token(callback_id: str) -> str:
    """Return the token of a callback, which a message for the module's workers has as its ``token``. It is a secret."""
    return f"{DURABLE_MARK}{callback_id}"


def wait(context: DurableContext, seconds: int, hand_over: HandOver, name: str) -> Any:
    """Hand a callback's token over, and wait for its result.

    Raises:
        CallbackExternalError: the result is a failure.
        CallbackTimeoutError: no result came in so many seconds.
    """
    callback = context.create_callback(name, CallbackConfig(timeout=Duration.from_seconds(seconds)))
    hand_over(task_token(callback.callback_id), f"{name}-handed-over")
    result = callback.result()
    return json.loads(result) if result else None


def invoke(context: DurableContext, function: str, payload: Mapping[str, Any], name: str) -> Any:
    """Invoke a function of the module; if it fails with a transient error, try again.

    Raises:
        InvokeError: it fails for good.
    """
    attempt = 1
    while True:
        label = name if attempt == 1 else f"{name}-{attempt}"
        try:
            return context.invoke(function, dict(payload), label)
        except InvokeError as error:
            pauses = failures.PAUSES.get(error.error_type, ())
            if attempt > len(pauses):
                raise
        context.wait(Duration.from_seconds(pauses[attempt - 1]), f"{label}-pause")
        attempt += 1
