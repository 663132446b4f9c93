"""An answer that cannot be read is as good as none: whoever asked is told to come again, and the next wait is swept."""

from typing import Any

import pytest
from botocore.parsers import ResponseParserError

from sfn_callback import sweeper
from sfn_callback.approvals import routes
from sfn_callback.aws import clients
from sfn_callback.aws.function_url import Request
from sfn_callback.fanin import ledger
from sfn_callback.log_events import LogEvent
from sfn_callback.tasks import http_start
from tests.conftest import set_variables

SAID = "Unable to parse response, invalid XML received: b'<html>a secret</html>'"


class Unreadable:
    """A client of which no answer can be read."""

    def __getattr__(self, name: str) -> Any:
        def answer(*_: object, **__: object) -> None:
            raise ResponseParserError(SAID)

        return answer


@pytest.fixture(autouse=True)
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in ("dynamodb", "s3", "stepfunctions"):
        monkeypatch.setattr(clients, service, Unreadable)
    set_variables(monkeypatch, DIRECT_MACHINE_ARN="arn:aws:states:eu-central-1:0:stateMachine:docs-direct")


def test_a_person_is_told_to_try_again() -> None:
    answer = routes.respond(Request("GET", f"/{'a' * 32}", {}, b""))
    assert answer.status == 503
    assert "secret" not in answer.body


def test_who_starts_an_execution_is_told_to_try_again() -> None:
    assert http_start.respond(Request("GET", "/start", {}, b"", query="a=1")).status == 503


def test_the_sweeper_goes_on_to_the_next_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def look(*_: object) -> None:
        raise ResponseParserError(SAID)

    monkeypatch.setattr(ledger.DynamoLedger, "look", look)
    wait = sweeper.OpenWait("20260131T235959Z-0123456789ab", "e", False)
    running: Any = object()
    assert sweeper.sweep_one(wait, running) is sweeper.SweepResult.FAILED
    printed = capsys.readouterr().out
    assert LogEvent.WAIT_NOT_SWEPT in printed
    assert ("ResponseParserError" in printed, "secret" in printed) == (True, False)
