"""The demo of ``approval``: ask a person by mail, wait, and continue with the decision that they make on a page."""

import json
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.markup import escape
from rich.panel import Panel

from demo.contract import EVERYWHERE, Applied, switched_on
from demo.operator import Operator
from emulator import mailbox
from emulator.function_url_proxy import served
from emulator.mailbox import Mail, Mailbox
from tools.screen import console

REQUEST = {
    "subject": "Publish the spring catalogue?",
    "details": "The proof is on the long table. Seven letters are about its cover. The bookbinder waits.",
    "requester": "the night clerk",
}
_START = ("start", "--input", json.dumps(REQUEST))
_LOOKS = 60
_LAST_PAGE_SECONDS = 3


class Approval:
    """Waits for a person's decision; with ``APPROVE=1``, approves by itself."""

    workflow = "approval"
    variables: Mapping[str, Any] = EVERYWHERE
    look_next: Mapping[str, str] = {
        "states/approval.asl.json": "the machine",
        "docs/approvals.md": "how to ask for your own approval",
        "APPROVE=1": "the demo approves by itself",
    }

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._approves = switched_on(environment, "APPROVE")

    def run(self, applied: Applied) -> bool:
        """Start an execution, show the mail that it sends, wait for the decision, and show what came of it."""
        operator = Operator(applied)
        inbox = Mailbox(applied.local, applied.outputs["topic_arn"])
        operator.types(*_START)
        mail = awaited(inbox)
        show(mail)
        operator.types("jobs")
        execution = operator.machine.newest(lambda given: given == REQUEST)
        if self._approves:
            return _approved(operator, execution.name)
        return _decided(operator, execution.name, applied, mail) or execution.look().by_a_branch

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - the names say it all here
        """Return how to ask again, how to read the mail, and how to decide."""
        queue = f'"$(aws sqs get-queue-url --queue-name {mailbox.NAME} --query QueueUrl --output text)"'
        return [
            shlex.join(["sfn-callback", *_START]),
            f"aws sqs receive-message --queue-url {queue}",
            "sfn-callback jobs",
            'sfn-callback approve "$(sfn-callback jobs --names)"',
        ]


def link_in(text: str, page_url: str) -> str:
    """Return the link to the page, which is the only line of the mail that begins with the page's URL."""
    (link,) = (line.strip() for line in text.splitlines() if line.startswith(page_url))
    return link


def awaited(inbox: Mailbox) -> Mail:
    """Wait for the next mail.

    Raises:
        RuntimeError: none comes.
    """
    for _ in range(_LOOKS):
        if mail := inbox.take():
            return mail
    raise RuntimeError("The execution was started, but no mail has arrived.")


def show(mail: Mail) -> None:
    """Show a mail as its reader sees it."""
    title = f"the mail: {escape(mail.subject)}"
    console.print("", Panel(escape(mail.text.strip()), title=title, title_align="left"))


@contextmanager
def decidable(applied: Applied, mail: Mail) -> Iterator[None]:
    """Serve the page that the mail links to, and say where, so that somebody can decide in a browser."""
    page = applied.outputs["page_url"]
    with served(applied.local, page) as here:
        link = link_in(mail.text, page).replace(page, here, 1)
        console.print(f"The link on this machine:\n\n  {link}\n", soft_wrap=True, highlight=False)
        console.print("Open it in a browser and decide. It waits; Ctrl-C ends the demo.")
        yield
        # The browser is still to be shown what was decided.
        time.sleep(_LAST_PAGE_SECONDS)


def _approved(operator: Operator, name: str) -> bool:
    operator.types("approve", name, "--comment", "The proof is fine.")
    return operator.types("watch", name) == 0


def _decided(operator: Operator, name: str, applied: Applied, mail: Mail) -> bool:
    """Wait for a decision on the page; return whether the execution has succeeded."""
    with decidable(applied, mail):
        return operator.types("watch", name) == 0
