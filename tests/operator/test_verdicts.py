"""``resume``, ``fail``, ``heartbeat``, ``approve``, ``cancel`` and ``restart``."""

import json

import boto3
import pytest

from sfn_callback.approvals import store
from sfn_callback_operator.errors import REFUSED
from sfn_callback_operator.jobs import approvals
from testing.environment import TABLE
from tests.functional.conftest import TOKEN
from tests.operator.conftest import Desk


def verdict(desk: Desk) -> tuple[str, dict[str, object]]:
    ((_, kind, content),) = desk.machine.verdicts
    return kind, content


def test_resume_merges_what_is_there(desk: Desk) -> None:
    job = desk.job()
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    assert desk.run("resume", job, "--yes").code == 0
    assert verdict(desk) == ("success", {"done": 1, "failed": 2})
    assert desk.deployment.merge()["failed"] == 2


def test_resume_takes_an_output(desk: Desk) -> None:
    arn = desk.machine.begin(desk.machine.machines[1], "task", {})
    desk.machine.enter(arn, "WaitForCompletion", {}, token=desk.machine.wait(TOKEN))
    assert desk.run("resume", "task", "--with", '{"pages": 3}', "--yes").code == 0
    assert verdict(desk) == ("success", {"pages": 3})


def test_fail_takes_the_failure_branch(desk: Desk) -> None:
    assert desk.run("fail", desk.job(), "--error", "Gone", "--cause", "the supplier", "-y").code == 0
    assert verdict(desk) == ("failure", {"error": "Gone", "cause": "the supplier"})


def test_heartbeat_reaches_a_worker_that_waits(desk: Desk) -> None:
    arn = desk.machine.begin(desk.machine.machines[1], "task", {})
    desk.machine.enter(arn, "WaitForCompletion", {}, token=desk.machine.wait(TOKEN))
    assert desk.run("heartbeat", "task").code == 0
    assert desk.machine.heartbeats == [TOKEN]


def test_what_waits_no_more_is_said_and_has_an_exit_code_of_its_own(desk: Desk) -> None:
    job = desk.job()
    desk.machine.time_out(TOKEN)
    ran = desk.run("resume", job, "-y")
    assert ran.code == 6
    assert "is not waiting any more" in ran.err


def test_a_state_without_a_token_is_said(desk: Desk) -> None:
    desk.machine.begin(desk.machine.machines[0], "new", {})
    desk.machine.enter(next(iter(desk.machine.executions)), "Split", {})
    ran = desk.run("fail", "new", "-y")
    assert (ran.code, "no task token to answer" in ran.err) == (6, True)


def test_output_that_is_not_json_is_refused_before_anything_is_sent(desk: Desk) -> None:
    ran = desk.run("resume", desk.job(), "--with", "{", "-y")
    assert (ran.code, desk.machine.verdicts) == (2, [])


def test_without_yes_nobody_is_asked_who_is_not_there(desk: Desk) -> None:
    assert desk.run("resume", desk.job()).code == 2
    assert desk.machine.verdicts == []


def test_approve_presses_the_positive_button_and_notes_who(desk: Desk) -> None:
    desk.approval()
    assert desk.run("approve", desk.mark(), "-m", "seen").code == 0
    kind, content = verdict(desk)
    assert (kind, content["action"], content["comment"]) == ("success", "approve", "seen")
    assert str(content["principal"]).startswith("arn:aws:sts:")


def test_an_execution_that_is_decided_is_not_approved_again(desk: Desk) -> None:
    arn = desk.approval()
    assert desk.run("approve", "asks").code == 0
    desk.machine.end(arn, "SUCCEEDED", output="{}")
    ran = desk.run("approve", "asks")
    assert ran.code == REFUSED
    assert "asks is not waiting for a decision: its execution is SUCCEEDED." in ran.err


def test_approve_presses_another_button_by_its_name(desk: Desk) -> None:
    desk.approval()
    assert desk.run("approve", "asks", "--action", "reject").code == 0
    assert verdict(desk)[1]["error"] == "Rejected"


def test_an_approval_is_named_by_its_link(desk: Desk) -> None:
    desk.approval()
    (approval_id,) = approvals.ids()
    assert desk.run("approve", f"https://page.example/{approval_id}").code == 0
    assert desk.run("show", approval_id).code == 0


def test_what_is_decided_otherwise_is_not_decided_again(desk: Desk) -> None:
    desk.approval()
    mark = desk.mark()
    desk.run("approve", mark)
    ran = desk.run("approve", mark, "--action", "reject")
    assert (ran.code, len(desk.machine.verdicts)) == (6, 1)
    assert "otherwise" in ran.err


def test_a_button_that_is_not_there_is_said_with_those_that_are(desk: Desk) -> None:
    desk.approval()
    ran = desk.run("approve", desk.mark(), "--action", "publish")
    assert ran.code == 2
    assert "approve, reject" in ran.err


def test_a_heartbeat_leaves_out_the_next_reminder(desk: Desk) -> None:
    desk.approval()
    assert desk.run("heartbeat", desk.mark()).code == 0
    assert desk.json("show", desk.mark())["on it"]
    (approval_id,) = approvals.ids()
    # What a next attempt of the waiting state looks at, which is counted before.
    kept = store.connect()
    found = kept.find(approval_id)
    assert found and kept.items.get(found.key)["snoozed"] == {"N": "1"}


def test_failing_an_approval_is_a_decision_that_its_page_shows(desk: Desk) -> None:
    desk.approval()
    mark = desk.mark()
    assert desk.run("fail", mark, "--error", "LinkLeaked", "-y").code == 0
    assert verdict(desk)[1]["error"] == "LinkLeaked"
    assert desk.json("show", mark)["decided"].startswith("LinkLeaked at ")


def test_cancel_stops_the_execution_with_its_cause(desk: Desk) -> None:
    job = desk.job()
    assert desk.run("cancel", job, "--cause", "wrong document", "--yes").code == 0
    stopped = desk.machine.executions[desk.arn]
    assert (stopped["status"], stopped["cause"]) == ("ABORTED", "wrong document")
    assert desk.run("cancel", job, "--yes").code == 6


def test_restart_begins_again_with_the_same_input(desk: Desk) -> None:
    arn = desk.approval()
    assert desk.run("restart", "asks").code == 6
    desk.machine.end(arn, "FAILED", error="ApprovalTimedOut")
    began = desk.json("restart", "asks")["execution"]
    assert began != arn
    assert json.loads(desk.machine.executions[began]["input"]) == {"subject": "Publish?"}


@pytest.mark.parametrize("form", ["{0}", "{0}.", "<{0}>", "({0})", "{0}/", "{0}%20", "{0}?pressed=approve"])
def test_a_link_is_understood_as_it_was_copied_from_a_mail_or_a_browser(desk: Desk, form: str) -> None:
    desk.approval()
    (approval,) = questions_asked()
    assert desk.run("approve", form.format(f"https://page.example/prod/{approval}")).code == 0
    assert desk.machine.verdicts[0][1] == "success"


def questions_asked() -> list[str]:
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return [item["id"]["S"] for item in items if item["pk"]["S"].startswith("wait#")]
