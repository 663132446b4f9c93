"""What unit and functional tests share: a clean environment, and Step Functions' tokens."""

import gc
import logging
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import loaders
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from sfn_callback import settings, workload
from sfn_callback.approvals import schema
from sfn_callback.aws import clients, patience, session
from testing import kept
from testing.environment import ENVIRONMENT
from testing.task_tokens import FakeStepFunctions
from testing.wire import Wire
from tests.readme import ROOT

SCREENSHOTS = ROOT / ".local" / "screenshots"

# What is drawn by chance is short here, and long where it is to prove something: HYPOTHESIS_PROFILE=prove.
hypothesis.register_profile("test", deadline=None)
hypothesis.register_profile("prove", deadline=None, max_examples=2_000)
hypothesis.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))

# What the tests import stays to the end, and most of what one leaves goes without the collector: to look through it as
# often as Python does took a sixth of all time.
gc.disable()
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not in what was imported."""
    gc.freeze()
    gc.enable()


# Botocore's models are the same for every test; reading them took a third of all time.
botocore.session.create_loader = cache(loaders.create_loader)

# So is what each session, client and request makes of them: half of the time that it took to make a bucket on moto.
kept.keep()

# A session and a client go from test to test, until one registers a handler with it, or puts a double into it.
_make_session, _make_client = session.shared.__wrapped__, session.client


def make_session() -> Any:
    """Make the session that clients share from now on."""
    CLIENTS.clear()
    return _make_session()


def client(service: str) -> Any:
    """Return a client of the shared session."""
    shared = session.shared()
    return CLIENTS(shared, service) if SESSIONS() is shared else _make_client(service)


CLIENTS = kept.Kept(lambda _, service: _make_client(service), kept.of_client)
SESSIONS = kept.Kept(make_session, kept.of_session)
boto3.client = kept.Kept(boto3.client, kept.of_client)
session.shared, session.client = cache(SESSIONS), client


def examples(each: int = 1) -> hypothesis:
    """Settings of a property whose examples cost as much as ``each`` ordinary ones, and may share a fixture."""
    at_most = max(10, hypothesis().max_examples // each)
    return hypothesis(max_examples=at_most, suppress_health_check=[HealthCheck.function_scoped_fixture])


def set_variables(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    """Give the functions these variables of theirs, which are named without their prefix."""
    for name, value in values.items():
        monkeypatch.setenv(f"SFN_CALLBACK_{name}", str(value))
    settings.current.cache_clear()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The functions' environment, no real credentials, and nothing cached from another test."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    _forget()
    # The command has them say nothing.
    levels = [(handler, handler.level) for handler in logging.getLogger("sfn_callback").handlers]
    # Handlers that a test runs side by side, as no function does, leave a deadline behind.
    with patience.ending(None):
        yield
    for handler, level in levels:
        handler.setLevel(level)
    _forget()


@pytest.fixture(autouse=True)
def fields_of_lines() -> Iterator[None]:
    """No line that any test has logged has other fields than those that its event lists."""
    wrong: list[object] = []

    def check(record: logging.LogRecord) -> bool:
        fields = vars(record)["fields"]
        listed = ["event", *fields["event"].fields.split()]
        needed = {name for name in listed if not name.endswith("?")}
        if not needed <= set(fields) <= {name.rstrip("?") for name in listed}:
            wrong.append(fields)
        return True

    logger = logging.getLogger("sfn_callback")
    logger.addFilter(check)
    yield
    logger.removeFilter(check)
    assert wrong == []


def _forget() -> None:
    settings.current.cache_clear()
    clients.reset()
    session.shared.cache_clear()
    workload.functions.cache_clear()
    schema.compiled.cache_clear()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeStepFunctions:
    """Step Functions' task tokens, in place of the client."""
    fake = FakeStepFunctions()
    monkeypatch.setattr(clients, "stepfunctions", lambda: fake)
    return fake


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What every client of the package sends."""
    tapped = Wire()
    make = session.client
    monkeypatch.setattr(session, "client", lambda service: tapped.tap(make(service)))
    clients.reset()
    return tapped


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser, what it shows is kept in :data:`SCREENSHOTS`."""
    from tools import browser

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with browser.launch() as launched:
        yield launched


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between retries are noted, not taken."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses
