"""What the demo of approval shows, on the stack of the other tests, when none of these asks anything any more."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import urllib3

from demo.approval import Approval
from demo.contract import Applied
from emulator import mailbox
from tests.e2e.conftest import Stack, applied, wait_for
from tests.e2e.support.approvals import FORM
from tests.e2e.support.demos import copies

__all__ = ["copies"]


@pytest.fixture
def example(stack: Stack) -> Iterator[Applied]:
    """The example, whose machine waits for nobody, with the outputs that the demo reads."""
    approval = stack.instances["approval"]
    running = {"stateMachineArn": approval.machine, "statusFilter": "RUNNING"}
    for one in approval.machines.list_executions(**running)["executions"]:
        approval.machines.stop_execution(executionArn=one["executionArn"])
    there = applied(stack, "approval", "approval")
    yield Applied(there.local, {**there.outputs, "topic_arn": approval.outputs["approvals_topic_arn"]})
    approval.sqs.delete_queue(QueueUrl=approval.sqs.get_queue_url(QueueName=mailbox.NAME)["QueueUrl"])


def test_it_approves_by_itself(example: Applied, capfd: pytest.CaptureFixture[str]) -> None:
    assert Approval({"APPROVE": "1"}).run(example)
    said = " ".join(capfd.readouterr().out.split())
    assert "the mail: Approval needed: Publish the spring catalogue?" in said
    assert "$ sfn-callback approve" in said


def test_it_waits_for_the_person_who_opens_the_link(example: Applied, capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def link() -> str | None:
        said.append(capfd.readouterr().out)
        found = re.search(r"The link on this machine:\s+(http://\S+)", "".join(said))
        return found and found[1]

    with ThreadPoolExecutor() as beside, urllib3.PoolManager() as http:
        demo = beside.submit(Approval({}).run, example)
        pressed = urlencode({"action": "reject", "comment": "The cover is crooked."})
        answered = http.request("POST", wait_for(link), body=pressed, headers={"Content-Type": FORM}, redirect=False)
        assert answered.status == 303
        # That somebody rejects is an end that the machine has.
        assert demo.result()
    assert "Rejected" in "".join(said) + capfd.readouterr().out
