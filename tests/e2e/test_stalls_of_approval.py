"""What could leave an approval waiting, and how it ends, on the local AWS; nobody deciding is in test_approval.py.

What that cannot show is in tests/functional/test_approval.py; docs/failure-handling.md has the whole table.
"""

import json
from collections.abc import Iterator

import pytest

from sfn_callback.log_events import LogEvent
from tests.e2e.conftest import Stack
from tests.e2e.support.approvals import Approvals, reached
from tests.e2e.support.durable import undelivered
from tests.e2e.support.faults import unable


@pytest.fixture(scope="module")
def approvals(stack: Stack) -> Iterator[Approvals]:
    """An instance whose approvals nobody else tests at the same time."""
    with reached(stack, "durable") as instance:
        yield instance


def test_decision_undeliverable_is_kept_and_delivered_by_the_machine(approvals: Approvals, stack: Stack) -> None:
    refused = undelivered(stack)
    assert refused.status == 503
    assert b"Your answer is saved, but not delivered yet." in refused.page
    execution = approvals.ended(refused.arn)
    assert (execution.status, execution.error) == ("FAILED", "Rejected")
    assert json.loads(execution.cause)["comment"] == "no"
    said = [line["problem"] for line in approvals.logged("page") if line["event"] == LogEvent.DECISION_NOT_DELIVERED]
    assert said[-1].startswith("ResumeDenied: ")


def test_ask_failing_fails_the_machine_at_once(approvals: Approvals, stack: Stack) -> None:
    with unable(stack, approvals, "ask", to="PublishApprovals"):
        execution = approvals.run(subject="Nobody is asked this")
    assert execution.status == "FAILED"
    assert execution.states.count("NotApproved") == 1
    assert "Publish" in execution.cause
