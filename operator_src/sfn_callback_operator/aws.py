"""AWS as the options choose it: the package's clients read the environment, so the options are put there.

All clients of a command share the package's session: credentials are fetched once, and failed or throttled requests are
tried again as :mod:`sfn_callback.aws.patience` says. Half of the account's quotas is left to others.
"""

import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError

from sfn_callback import __version__, settings
from sfn_callback.aws import clients, patience, session
from sfn_callback_operator import errors, rate_limit
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.output import screen

_LONGEST_FUNCTION_SECONDS = 900
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""
_CONFIG = Config(user_agent_extra=f"sfn-callback-operator/{__version__}")
_PATIENT = Config(read_timeout=_LONGEST_FUNCTION_SECONDS + 10)
_RETRIES = "needs-retry"
_THROTTLES = patience.CODES - {
    "PriorRequestNotComplete",
    "RequestTimeout",
    "RequestTimeoutException",
    "TransactionInProgressException",
}
_MACHINE = re.compile("arn:[^:]+:states:([^:]+):([^:]+):stateMachine:(.+)-documents")
"""All functions of a deployment are told this one, whatever workflows it has."""

_place: dict[str, str] = {}
_told: set[str] = set()
_telling = threading.Lock()


@dataclass(frozen=True, slots=True)
class Options:
    """What every command takes."""

    name: str | None = None
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    as_json: bool = False


def configure(options: Options) -> None:
    """Configure all clients of this process with the options.

    Raises:
        OperatorError: an endpoint is not a URL.
    """
    wanted = {
        "AWS_PROFILE": options.profile,
        # botocore reads this one only; https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html has both.
        "AWS_DEFAULT_REGION": options.region or os.environ.get("AWS_REGION"),
        "AWS_ENDPOINT_URL": options.endpoint_url,
    }
    os.environ.update({name: value for name, value in wanted.items() if value})
    for name, value in os.environ.items():
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        if name.startswith("AWS_ENDPOINT_URL") and value:
            _expect_endpoint(value)
    reset()
    _told.clear()
    _place.clear()
    _place.update(deployment=options.name or "", endpoint=os.environ.get("AWS_ENDPOINT_URL", ""))
    shared = session.shared()
    shared.unregister(_RETRIES, cast(Any, patience.pause))
    shared.register(_RETRIES, cast(Any, _pause))
    shared.register("before-call", cast(Any, rate_limit.Paces().wait))


def _expect_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise OperatorError(f"{endpoint!r} is not an endpoint URL: use https://… or http://….", USAGE)


def apply_settings(environment: dict[str, str]) -> None:
    """Give the package the settings that the functions have."""
    variables = {name: value for name, value in environment.items() if name.startswith(settings.PREFIX)}
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        del os.environ[name]
    os.environ.update(variables)
    settings.current.cache_clear()
    if machine := _MACHINE.fullmatch(variables.get(f"{settings.PREFIX}STATE_MACHINE_ARN", "")):
        _place.update(deployment=machine[3], account=f"account {machine[2]}", region=f"region {machine[1]}")


def place() -> str:
    """Return where this command's requests go, as far as known: deployment, account, region, profile."""
    known = {**_configured(), **{name: value for name, value in _place.items() if value}}
    return ", ".join(
        known[name] for name in ("deployment", "account", "region", "profile", "endpoint") if name in known
    )


def _configured() -> dict[str, str]:
    values = {}
    # A named profile that does not exist is an error at every access.
    with suppress(BotoCoreError):
        for name in ("profile", "region"):
            if value := session.shared().get_config_variable(name):
                values[name] = f"{name} {value}"
    return values


def reset() -> None:
    """Forget the existing clients."""
    session.shared.cache_clear()
    clients.reset()
    _client.cache_clear()


def client(service: str) -> Any:
    """Return a client of a service that the functions do not use."""
    return _client(service)


def patient_functions() -> Any:
    """Return a Lambda client that waits for as long as a function can run, and never retries."""
    patient = _client("lambda", patient=True)
    # A repeated request might run the function twice, for up to 15 minutes each.
    patient.meta.events.unregister(_RETRIES, _pause)
    return patient


@cache
def _client(service: str, patient: bool = False) -> Any:
    return session.shared().create_client(service, config=_CONFIG.merge(_PATIENT) if patient else _CONFIG)


def _pause(**emitted: Any) -> float | None:
    """Decide as the functions do, and tell the operator why it takes longer.

    Raises:
        OperatorError: something other than AWS has answered.
    """
    response, operation = emitted["response"], emitted["operation"]
    if response is not None and patience.is_a_web_page(response[0], operation):
        raise errors.web_page(operation.name)
    seconds = patience.pause(**emitted)
    if seconds is not None:
        _tell(response, operation.name, emitted["attempts"])
    return seconds


def _tell(response: Any, operation: str, attempts: int) -> None:
    error = response[1].get("Error", {}) if response else {}
    if error.get("Code") in _THROTTLES or (response and response[0].status_code == 429):
        _tell_once("throttled", f"AWS throttles {operation}: this continues, more slowly.")
    elif attempts > 1:
        # A connection that has been idle for long may be closed: the first time says nothing yet.
        patient = f"retrying for {patience.PATIENCE_SECONDS:g} seconds"
        _tell_once("silent", f"AWS does not answer {operation}: {patient}.")


def _tell_once(kind: str, message: str) -> None:
    with _telling:
        if kind in _told:
            return
        _told.add(kind)
    screen.say(message)
