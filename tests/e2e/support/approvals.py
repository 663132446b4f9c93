"""The approval instance as the people and programs see it that are asked: a mailbox, links, buttons."""

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from emulator import function_url_proxy
from emulator.aws import LocalAws
from emulator.mailbox import Mail, Mailbox
from emulator.state_machine import Seen
from tests.e2e.conftest import Instance, Stack, wait_for

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SECRET = b"only-for-tests"
CAPTURED = "captured"
"""The mailbox that has all that was sent since the first test began."""


class Approvals(Instance):
    """The instance, with a mailbox that its topic delivers to, and its page."""

    def __init__(self, local: LocalAws, outputs: dict[str, Any], page: str) -> None:
        super().__init__(local, outputs)
        self.machine = self.outputs["state_machine_arns"].get("approval", self.machine)
        self.page = page
        topic = self.outputs["approvals_topic_arn"]
        self.mailbox = Mailbox(local, topic, name=f"{topic.rpartition(':')[2]}-{uuid.uuid4().hex[:8]}")
        self._http = urllib3.PoolManager()
        self._read: list[Mail] = []

    def ask(self, subject: str, **request: Any) -> "Asked":
        """Start an execution, whose subject no other test uses, and wait for its mail."""
        return self.asked(self.begin(subject=subject, **request), subject)

    def asked(self, arn: str, subject: str) -> "Asked":
        """Wait for the mail of an execution."""
        return Asked(self, arn, subject, self.link(wait_for(lambda: self._first(subject))))

    def mails(self, subject: str) -> list[Mail]:
        """All messages of that approval so far, oldest first."""
        while self._reads():
            pass
        return [mail for mail in self._read if _is_about(mail, subject)]

    def _first(self, subject: str) -> Mail | None:
        # Whoever looks for all of them waits for another one.
        while not any(_is_about(mail, subject) for mail in self._read) and self._reads():
            pass
        return next((mail for mail in self._read if _is_about(mail, subject)), None)

    def _reads(self) -> bool:
        mail = self.mailbox.take()
        self._read += [mail] if mail else []
        return mail is not None

    def link(self, mail: Mail) -> str:
        """The only link to the page in a message, alone on its line, as it is reached here."""
        (link,) = re.findall(rf"^{re.escape(self.outputs['page_url'])}(\S+)$", mail.text, re.MULTILINE)
        return self.page + str(link)

    def request(self, method: str, url: str, body: str = "", **headers: str) -> urllib3.BaseHTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._http.request(method, url, body=body or None, headers=named, redirect=False)


@dataclass
class Asked:
    """An execution that waits for a decision."""

    approvals: Approvals
    arn: str
    subject: str
    link: str

    def press(self, action: str, **fields: str) -> urllib3.BaseHTTPResponse:
        return self.approvals.request("POST", self.link, urlencode({"action": action, **fields}), content_type=FORM)

    def send(self, body: Any, secret: bytes = SECRET) -> urllib3.BaseHTTPResponse:
        text = json.dumps(body)
        signed = signature(text, secret)
        return self.approvals.request("POST", self.link, text, content_type=JSON, x_signature_256=signed)

    def get(self, method: str = "GET", **headers: str) -> urllib3.BaseHTTPResponse:
        return self.approvals.request(method, self.link, **headers)

    def ended(self) -> Seen:
        return self.approvals.ended(self.arn)

    def waits(self) -> bool:
        status: str = self.approvals.machines.describe_execution(executionArn=self.arn)["status"]
        return status == "RUNNING"


def signature(text: str, secret: bytes) -> str:
    """What a program signs its answer with."""
    return "sha256=" + hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _is_about(mail: Mail, subject: str) -> bool:
    return mail.text.partition("\n\n")[0] == subject


@contextmanager
def reached(stack: Stack, name: str) -> Iterator[Approvals]:
    """An instance that asks, with its page on loopback."""
    outputs = stack.instances[name].outputs
    with function_url_proxy.served(stack.local, outputs["page_url"]) as page:
        instance = Approvals(stack.local, outputs, page)
        yield instance
        instance.mailbox.close()


@pytest.fixture(scope="module")
def approvals(stack: Stack) -> Iterator[Approvals]:
    """The instance of the example `approval`."""
    with reached(stack, "approval") as instance:
        yield instance
