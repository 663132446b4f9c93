"""What unit and functional tests share: a clean environment, and Step Functions' tokens."""

from collections.abc import Iterator

import pytest

from sfn_callback import asking, clients, settings, webhook, workload
from tests.fakes.step_functions import FakeStepFunctions

BUCKET = "docs-000000000000-eu-central-1"
TABLE = "docs-ledger"
MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-documents"
ENVIRONMENT = {
    "SFN_CALLBACK_BUCKET": BUCKET,
    "SFN_CALLBACK_TABLE": TABLE,
    "SFN_CALLBACK_WORKLOAD": "sfn_callback.demo",
    "SFN_CALLBACK_RETENTION_DAYS": "14",
    "SFN_CALLBACK_STATE_MACHINE_ARN": MACHINE,
    "SFN_CALLBACK_PROCESS_FUNCTION": "docs-process",
}


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
    yield
    _forget()


def _forget() -> None:
    settings.current.cache_clear()
    clients._make.cache_clear()
    workload.functions.cache_clear()
    asking.page_url.cache_clear()
    webhook._secret.cache_clear()
    webhook._validator.cache_clear()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeStepFunctions:
    """Step Functions' task tokens, in place of the client."""
    fake = FakeStepFunctions()
    monkeypatch.setattr(clients, "stepfunctions", lambda: fake)
    return fake


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between retries are noted, not taken."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses
