"""The module's approval workflow on moto, with the test in the place of the machine, the mailbox and the browser."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from moto import mock_aws

from sfn_callback import settings
from sfn_callback.handlers import ask, page
from testing.aws import make_table
from testing.task_tokens import FakeStepFunctions

TOKEN = "AAAAKgAAAAIAAAAAAAAAAf+b/c=="
PAGE = "https://approvals.example.com/"
WEEK = 604_800
DAY = 86_400
FORM = "application/x-www-form-urlencoded"


class Approvals:
    """What the module deploys, with the test in the place of the state machine, the mailbox and the browser."""

    def __init__(self, machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = machine
        self.monkeypatch = monkeypatch
        self.topic = boto3.client("sns").create_topic(Name="docs-approvals")["TopicArn"]
        self.mailbox = boto3.client("sqs").create_queue(QueueName="mailbox")["QueueUrl"]
        boto3.client("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-central-1:123456789012:mailbox"
        )
        self.set("APPROVALS_TOPIC", self.topic)
        self.set("PAGE_URL", PAGE)
        self.entered = datetime.now(UTC)

    def set(self, name: str, value: str) -> None:
        self.monkeypatch.setenv(f"SFN_CALLBACK_{name}", value)
        settings.current.cache_clear()

    def ask(self, token: str = TOKEN, **request: Any) -> None:
        """An attempt of the waiting state."""
        event = {
            "approval": {"subject": "Publish?", **request},
            "token": self.machine.wait(token),
            "execution": "arn:aws:states:eu-central-1:123456789012:execution:docs-approval:run-1",
            "state": "AwaitDecision",
            "entered": self.entered.isoformat(),
            "timeout_seconds": WEEK,
            "remind_seconds": DAY,
        }
        ask.handler(event, None)

    def asked(self) -> str:
        """The only attempt so far; return the path of the link in its mail."""
        self.ask()
        return self.link()

    def late(self, token: str) -> None:
        """An attempt that Step Functions has given up goes on, and hands over its token last."""
        self.machine.time_out(self.machine.wait(token))
        self.machine.wait = lambda token: token  # type: ignore[method-assign]
        self.ask(token)

    def enter_earlier(self, seconds: int) -> None:
        """The state was entered so long before."""
        self.entered -= timedelta(seconds=seconds)

    def wait_until_after(self, seconds: int) -> None:
        """Time passes, without anybody waiting for it."""
        then = time.time() + seconds + 1
        self.monkeypatch.setattr("time.time", lambda: then)

    def mails(self) -> list[dict[str, Any]]:
        messages = (
            boto3.client("sqs").receive_message(QueueUrl=self.mailbox, MaxNumberOfMessages=10).get("Messages", [])
        )
        return [json.loads(message["Body"]) for message in messages]

    def link(self) -> str:
        """The path of the link in the only message."""
        (mail,) = self.mails()
        (link,) = re.findall(rf"^{re.escape(PAGE)}(\S+)$", mail["Message"], re.MULTILINE)
        return f"/{link}"

    def request(self, method: str, path: str, body: str = "", query: str = "", **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        context = {"http": {"method": method, "path": path}}
        event = {"version": "2.0", "rawPath": path, "headers": named, "requestContext": context, "body": body}
        return page.handler({**event, "rawQueryString": query, "isBase64Encoded": False}, None)

    def press(self, path: str, action: str, **fields: str) -> dict[str, Any]:
        return self.request("POST", path, urlencode({"action": action, **fields}), content_type=FORM)

    def send(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.request("POST", path, text, content_type="application/json", **headers)

    def verdict(self) -> tuple[str, dict[str, Any]]:
        ((_, kind, content),) = self.machine.verdicts
        return kind, content


@pytest.fixture
def approvals(machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Approvals]:
    with mock_aws():
        make_table()
        yield Approvals(machine, monkeypatch)
