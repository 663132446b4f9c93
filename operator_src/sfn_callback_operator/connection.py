"""AWS as the command line names it: the package's clients read the environment, so the options are put there."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from sfn_callback import __version__, clients, session, settings
from sfn_callback_operator.problems import USAGE, OperatorError

_LONGEST_FUNCTION_SECONDS = 900
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 6}, user_agent_extra=f"sfn-callback-operator/{__version__}"
)
_PATIENT = Config(read_timeout=_LONGEST_FUNCTION_SECONDS + 10, retries={"total_max_attempts": 1})


@dataclass(frozen=True, slots=True)
class Options:
    """What every command takes."""

    name: str | None = None
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    as_json: bool = False


def use(options: Options) -> None:
    """Have all clients of this process made for the options.

    Raises:
        OperatorError: the endpoint is no URL.
    """
    wanted = {
        "AWS_PROFILE": options.profile,
        # botocore reads this one only; https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html has both.
        "AWS_DEFAULT_REGION": options.region or os.environ.get("AWS_REGION"),
        "AWS_ENDPOINT_URL": options.endpoint_url,
    }
    os.environ.update({name: value for name, value in wanted.items() if value})
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "https://")
    if not endpoint.startswith(("https://", "http://")):
        raise OperatorError(f"{endpoint!r} is no endpoint: say http://… or https://….", USAGE)
    forget()


def adopt(environment: dict[str, str]) -> None:
    """Give the package the settings that the functions have."""
    ours = {name: value for name, value in environment.items() if name.startswith(settings.PREFIX)}
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        del os.environ[name]
    os.environ.update(ours)
    settings.current.cache_clear()


def forget() -> None:
    """Forget the clients that were made before."""
    session.shared.cache_clear()
    clients._make.cache_clear()
    _client.cache_clear()


def client(service: str) -> Any:
    """Return a client of a service that the functions do not use."""
    return _client(service)


def patient_functions() -> Any:
    """Return a Lambda client that waits for as long as a function can run, and asks once."""
    return _client("lambda", patient=True)


@cache
def _client(service: str, patient: bool = False) -> Any:
    return botocore.session.get_session().create_client(service, config=_CONFIG.merge(_PATIENT) if patient else _CONFIG)
