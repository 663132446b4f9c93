"""What the demo of a durable function shows, on the stack of the other tests: once all approvals are decided."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
import urllib3

from demo import durable
from demo.contract import Applied
from demo.durable import Durable
from emulator import mailbox
from tests.e2e.conftest import Stack, applied, wait_for
from tests.e2e.support.approvals import FORM
from tests.e2e.support.demos import copies

__all__ = ["copies"]


@pytest.fixture
def example(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Applied]:
    """The example, with the outputs that the demo reads."""
    monkeypatch.setattr(durable, "build", lambda: None)
    monkeypatch.setattr(durable, "FOLDER", tmp_path)
    instance, there = stack.instances["durable"], applied(stack, "durable", "documents")
    outputs = instance.outputs
    own = {"function": outputs["durable_function"], "topic_arn": outputs["approvals_topic_arn"]}
    yield Applied(there.local, {**there.outputs, **own})
    instance.sqs.delete_queue(QueueUrl=instance.sqs.get_queue_url(QueueName=mailbox.NAME)["QueueUrl"])


def test_it_approves_by_itself(example: Applied, capfd: pytest.CaptureFixture[str]) -> None:
    assert Durable({"APPROVE": "1"}).run(example)
    said = " ".join(capfd.readouterr().out.split())
    for text in (
        "$ aws s3 cp",
        "for the durable function sfn-callback-durable-publish",
        "the mail: Approval needed: Publish durable/catalogue.txt?",
        "$ sfn-callback approve arn:aws:lambda:",
        "chunks-round-1 │ CallbackSucceeded",
        "it has SUCCEEDED",
    ):
        assert text in said


def test_it_waits_for_the_person_who_opens_the_link(example: Applied, capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def link() -> str | None:
        said.append(capfd.readouterr().out)
        found = re.search(r"The link on this machine:\s+(http://\S+)", "".join(said))
        return found and found[1]

    with ThreadPoolExecutor() as beside, urllib3.PoolManager() as http:
        demo = beside.submit(Durable({}).run, example)
        pressed = urlencode({"action": "reject", "comment": "The cover is crooked."})
        answered = http.request("POST", wait_for(link), body=pressed, headers={"Content-Type": FORM}, redirect=False)
        assert answered.status == 303
        # That somebody rejects is an end that a durable function has.
        assert demo.result()
    assert "Rejected" in "".join(said) + capfd.readouterr().out
