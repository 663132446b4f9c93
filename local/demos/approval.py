"""The demo of ``approval``: ask a person by mail, wait, and go on with what was decided on a page."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3
from rich.markup import escape
from rich.panel import Panel

from local import mailbox
from local.demos import commands
from local.demos.contract import EVERYWHERE, Applied, End, switched_on
from local.execution import Execution, Machine, Seen, follow
from local.front import served
from local.mailbox import Mail, Mailbox
from local.screen import console, failure

REQUEST = {
    "subject": "Publish the spring catalogue?",
    "details": "The proof is on the long table. Seven letters are about its cover. The bookbinder waits.",
    "requester": "the night clerk",
}
DECISION = {"action": "approve", "comment": "The proof is fine.", "decider": "make demo"}
_SEE_OTHER = 303
_LAST_PAGE_SECONDS = 3


class Approval:
    """Waits for a person's decision; with ``APPROVE=1``, approves by itself."""

    workflow = "approval"
    # Nothing of an approval is in a bucket.
    variables: Mapping[str, Any] = {name: value for name, value in EVERYWHERE.items() if name != "force_destroy"}
    look_next: Mapping[str, str] = {
        "states/approval.asl.json": "the machine",
        "README.md": "how to ask for an approval of yours",
        "APPROVE=1": "the demo approves by itself",
    }

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._approves = switched_on(environment, "APPROVE")

    def run(self, applied: Applied) -> End:
        """Start an execution, show the mail that it sends, wait for the decision, and show what came of it."""
        inbox = Mailbox(applied.local, applied.outputs["topic_arn"])
        execution = Machine(applied.local, applied.outputs["state_machine_arn"]).start(REQUEST)
        console.print("Started an execution: it asks for an approval by mail, and waits.")
        mail = _awaited(inbox, execution)
        if mail:
            _show_mail(mail)
            self._await_decision(applied, mail, execution)
        seen = execution.look()
        _show_end(seen)
        return End(seen.by_a_branch and (not self._approves or seen.status == "SUCCEEDED"), seen.phases())

    def _await_decision(self, applied: Applied, mail: Mail, execution: Execution) -> None:
        page = applied.outputs["page_url"]
        with served(applied.local, page) as here:
            link = link_in(mail.text, page).replace(page, here, 1)
            console.print(f"On this machine the link is\n\n  {link}\n", soft_wrap=True, highlight=False)
            if self._approves:
                decide(link)
                console.print("Approved, as APPROVE=1 says: the page's form was sent.")
            else:
                console.print("Open it in a browser and decide. The machine waits; Ctrl-C ends the demo.")
            _wait_for(execution)

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return how to ask again, how to read the mail, and where to look."""
        machine = outputs["state_machine_arn"]
        queue = f'"$(aws sqs get-queue-url --queue-name {mailbox.NAME} --query QueueUrl --output text)"'
        return [
            commands.start(machine, REQUEST),
            f"aws sqs receive-message --queue-url {queue}",
            commands.executions(machine),
        ]


def link_in(text: str, page_url: str) -> str:
    """Return the link to the page, which is the only line of the mail that begins with the page's URL."""
    (link,) = (line.strip() for line in text.splitlines() if line.startswith(page_url))
    return link


def decide(link: str) -> None:
    """Approve, as the page's form does.

    Raises:
        RuntimeError: the page did not take it.
    """
    answer = urllib3.request(
        "POST",
        link,
        body=urlencode(DECISION),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        redirect=False,
    )
    if answer.status != _SEE_OTHER:
        raise RuntimeError(f"The page answered {answer.status}: {answer.data.decode(errors='replace')}")


def _awaited(inbox: Mailbox, execution: Execution) -> Mail | None:
    while not execution.look().ended:
        mail = inbox.take()
        if mail:
            return mail
    return None


def _wait_for(execution: Execution) -> None:
    with console.status("Waiting for the decision …"):
        for _ in follow([execution]):
            pass
        # A person's browser is still to be shown what was decided.
        time.sleep(_LAST_PAGE_SECONDS)


def _show_mail(mail: Mail) -> None:
    console.print(Panel(escape(mail.text.strip()), title=escape(mail.subject), title_align="left", subtitle="the mail"))


def _show_end(seen: Seen) -> None:
    console.print("The machine went through", " → ".join(seen.states))
    if seen.status == "SUCCEEDED":
        console.print_json(data=json.loads(seen.description["output"]))
    else:
        console.print(failure(seen))
