"""Approvals on the local AWS: mail, page, webhook, reminder, deadline."""

import json

import pytest

from tests.e2e.conftest import wait_for
from tests.e2e.support.approvals import Approvals, Asked, approvals

__all__ = ["approvals"]


@pytest.fixture(scope="module", autouse=True)
def undecided(approvals: Approvals) -> dict[str, Asked]:
    """Approvals that nobody decides, by their default: begun first, so that the other tests pass while they wait."""
    return {
        "reject": approvals.ask("Nobody decides this", default="reject"),
        "nothing": approvals.ask("Nobody decides that"),
    }


def test_a_person_who_approves_resumes_the_machine(approvals: Approvals) -> None:
    asked = approvals.ask("Approve this", requester="Ana")
    assert asked.press("approve", comment="fine", decider="Ben").status == 303
    execution = asked.ended()
    assert execution.status == "SUCCEEDED", execution.cause
    assert {name: execution.output[name] for name in ("action", "comment", "decider", "timed_out")} == {
        "action": "approve",
        "comment": "fine",
        "decider": "Ben",
        "timed_out": False,
    }
    assert execution.resumed == 1
    assert b"Decided: " in asked.get().data


def test_a_person_who_rejects_fails_the_machine_by_the_actions_error(approvals: Approvals) -> None:
    asked = approvals.ask("Reject this")
    assert asked.press("reject", comment="not yet").status == 303
    execution = asked.ended()
    assert (execution.status, execution.error) == ("FAILED", "Rejected")
    assert json.loads(execution.cause)["comment"] == "not yet"
    assert execution.states.count("NotApproved") == 1


def test_a_second_decision_changes_nothing(approvals: Approvals) -> None:
    asked = approvals.ask("Decide this twice")
    assert asked.press("approve").status == 303
    assert asked.press("reject").status == 409
    assert asked.ended().status == "SUCCEEDED"


def test_a_scanner_that_follows_every_link_changes_nothing(approvals: Approvals) -> None:
    asked = approvals.ask("Scan this")
    prefetch = {"purpose": "prefetch", "sec_purpose": "prefetch;prerender", "user_agent": "Mozilla/5.0 (scanner)"}
    assert asked.get().status == 200
    assert asked.get("HEAD").status == 200
    assert asked.get("GET", **prefetch).status == 200
    assert asked.get("OPTIONS").status == 405
    assert asked.waits()
    asked.press("approve")
    assert asked.ended().status == "SUCCEEDED"


def test_a_decision_after_a_reminder_resumes_the_machine(approvals: Approvals) -> None:
    asked = approvals.ask("Decide this late")
    wait_for(lambda: len(approvals.mails(asked.subject)) >= 2)
    assert asked.press("approve").status == 303
    assert asked.ended().status == "SUCCEEDED"


def test_a_signed_webhook_becomes_the_output(approvals: Approvals) -> None:
    schema = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}}}
    asked = approvals.ask("Answer this by a program", webhook={"schema": schema})
    assert asked.send({"amount": 3}, secret=b"another").status == 401
    refused = asked.send({"amount": "3"})
    assert (refused.status, refused.json()["reasons"]) == (422, ["data.amount must be integer"])
    assert asked.waits()
    assert asked.send({"amount": 3}).status == 200
    assert asked.ended().output == {"amount": 3}


def test_an_unknown_link_leads_nowhere(approvals: Approvals) -> None:
    assert approvals.request("GET", approvals.page + "x" * 32).status == 404


def test_no_log_lets_its_reader_decide(approvals: Approvals) -> None:
    asked = approvals.ask("Log this")
    asked.press("approve")
    asked.ended()
    lines = approvals.logged("ask") + approvals.logged("page")
    assert {"approval_asked", "decision_delivered"} <= {line["event"] for line in lines}
    assert asked.link.rpartition("/")[2] not in json.dumps(lines)


def test_it_is_asked_again_until_the_deadline_and_then_the_default_is_taken(
    approvals: Approvals, undecided: dict[str, Asked]
) -> None:
    asked = undecided["reject"]
    execution = asked.ended()
    assert (execution.status, execution.error) == ("FAILED", "Rejected")
    assert json.loads(execution.cause)["timed_out"] is True
    first, *reminders = approvals.mails(asked.subject)
    assert {mail.subject for mail in reminders} == {f"Reminder: {asked.subject}"}
    # Every thirty of ninety seconds, and as long as asking takes.
    assert 1 <= len(reminders) <= 2
    assert {approvals.link(mail) for mail in reminders} == {approvals.link(first)}
    assert [asked.press("approve").status, asked.get().status] == [410, 410]
    assert b"was chosen at the deadline" in asked.get().data


def test_without_a_default_it_fails_as_timed_out(undecided: dict[str, Asked]) -> None:
    execution = undecided["nothing"].ended()
    assert (execution.status, execution.error) == ("FAILED", "ApprovalTimedOut")
    assert execution.states.count("NobodyDecided") == 1
