"""All five workflows of one apply in one account, at the same time."""

from typing import Any

import pytest

from emulator.state_machine import Seen
from tests.e2e.conftest import Stack
from tests.e2e.support.approvals import Approvals, approvals

__all__ = ["approvals"]

WORKERS = ("direct", "queue", "topic")
WORKS = {"done_chance": 1, "sleep_seconds": 25}


@pytest.fixture(scope="module")
def ended(stack: Stack, approvals: Approvals) -> dict[str, Seen]:
    """An execution of each workflow, begun before any has ended; the approval is given while the others work."""
    documents = stack.instances["strict"]
    asked = approvals.ask("Approve while the others work")
    assert asked.get().status == 200
    document = documents.dropped("beside-the-others.txt", b"!sleep 18\none\n\ntwo\n")
    begun = {name: stack.instances[name].begin(**WORKS) for name in WORKERS}
    assert asked.press("approve").status == 303
    ended = {name: stack.instances[name].ended(arn) for name, arn in begun.items()}
    return {**ended, "approval": asked.ended(), "documents": documents.ended(document)}


def times(ended: dict[str, Seen], which: str) -> dict[str, Any]:
    return {workflow: execution.description[which] for workflow, execution in ended.items()}


def test_all_five_workflows_succeed(ended: dict[str, Seen]) -> None:
    assert {workflow: execution.status for workflow, execution in ended.items()} == dict.fromkeys(
        ("direct", "queue", "topic", "approval", "documents"), "SUCCEEDED"
    )


def test_all_five_run_at_once_and_the_approval_is_decided_while_the_others_do(ended: dict[str, Seen]) -> None:
    begun, over = times(ended, "startDate"), times(ended, "stopDate")
    assert max(begun.values()) < over["approval"] == min(over.values())


def test_each_is_resumed_once(ended: dict[str, Seen]) -> None:
    assert {execution.resumed for execution in ended.values()} == {1}
