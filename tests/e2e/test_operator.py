"""Jobs that were broken on purpose, found and mended with the command line alone, as docs/runbook.md says.

One instance is broken here and nobody else's. No round comes to its help: its first one lasts ten minutes.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from sfn_callback import log
from sfn_callback.log_events import LogEvent
from testing.secrecy import leaks
from tests.conftest import SCREENSHOTS
from tests.e2e.conftest import Instance, Stack, wait_for
from tests.e2e.support.approvals import Approvals, approvals
from tests.e2e.support.commands import Operator, operator
from tests.e2e.support.faults import half_a_deploy, silent, turned_away, unable
from tests.e2e.support.workbench import role
from tests.readme import block
from tools import browser

__all__ = ["approvals"]

GOOD = "one two\n\n!sleep 0\nthree\n\nfour five six\n"
"""Three chunks, six words."""
COMMAND_PAUSE = 2
"""Between two commands that say whether something has happened: each is a process."""
DELIVER, UNDELIVERED = ("process", "await_chunks"), LogEvent.VERDICT_NOT_DELIVERED
MISTAKEN = ["lambda:PutFunctionConcurrency", "lambda:GetFunction"]
"""What the local AWS asks for where Get… is called. What AWS asks for is in
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html"""


@pytest.fixture(scope="module")
def night_shift(stack: Stack) -> Iterator[Operator]:
    with operator(stack.local, "operated") as somebody:
        yield somebody


@pytest.fixture(scope="module")
def editor(stack: Stack) -> Iterator[Operator]:
    with operator(stack.local, "sfn-callback-approval") as somebody:
        yield somebody


@pytest.fixture(scope="module", autouse=True)
def undecided(editor: Operator) -> str:
    """An approval that nobody decides in time: begun first, because only its deadline ends it."""
    return str(editor.json("start", "--input", '{"subject": "Decide this in time"}')["name"])


@pytest.fixture(scope="module")
def undelivered(stack: Stack, night_shift: Operator, operated: Instance) -> str:
    """A job whose verdict nobody could deliver: begun early, because ``doctor`` looks at none of the last minute."""
    with unable(stack, operated, *DELIVER, to="Resume"):
        execution = begun(night_shift, "undelivered.txt", GOOD)
        wait_for(lambda: row(night_shift, execution).get("done") == 3, pause=COMMAND_PAUSE)
        wait_for(lambda: [one for who in DELIVER for one in operated.logged(who) if one.get("event") == UNDELIVERED])
    return execution


def begun(somebody: Operator, name: str, text: str) -> str:
    """Have a document started; return the execution's name."""
    (somebody.folder / name).write_text(text)
    return str(somebody.json("start", name)["name"])


def row(somebody: Operator, execution: str, *more: str) -> dict[str, Any]:
    """What ``jobs`` says of an execution."""
    rows = [one for one in somebody.json("jobs", *more) if str(one["execution"]).endswith(f":{execution}")]
    return rows[0] if rows else {}


def waiting(somebody: Operator, instance: Instance, execution: str) -> dict[str, Any]:
    """What ``jobs`` says as soon as it waits for its chunks, and its token is in the ledger."""
    arn = f"{instance.machine.replace(':stateMachine:', ':execution:')}:{execution}"
    wait_for(lambda: "AwaitChunks" in instance.seen(arn).states)
    found = wait_for(lambda: found if (found := row(somebody, execution)).get("state") == "AwaitChunks" else None)
    wait_for(lambda: any(line.get("fanin") == found["target"] for line in instance.logged("await_chunks")))
    return found


def merged_words(instance: Instance, job: str) -> int:
    listed = instance.s3.list_objects_v2(Bucket=instance.bucket, Prefix="merged/")["Contents"]
    (key,) = (entry["Key"] for entry in listed if entry["Key"].endswith(f"/{job}"))
    words: int = instance.read_json(instance.bucket, key)["words"]
    return words


def problems(somebody: Operator) -> list[str]:
    return [finding["says"] for finding in somebody.json("doctor") if finding["level"] == "problem"]


def throttling(somebody: Operator) -> list[dict[str, Any]]:
    return [finding for finding in somebody.json("doctor") if finding["what"] == "throttling"]


def test_doctor_finds_nothing_wrong_with_a_fresh_deployment(night_shift: Operator) -> None:
    ran = night_shift.run("doctor", "--all", "--output", "json")
    looked_at = {finding["what"] for finding in ran.json if finding["level"] == "good"}
    assert [finding for finding in ran.json if finding["level"] in ("problem", "unknown")] == []
    assert looked_at >= {"versions", "notification", "destinations", "permissions", "dead letters", "ledger", "rules"}
    assert ran.code == 0


@pytest.mark.usefixtures("undelivered")
def test_a_document_is_started_and_seen_through(night_shift: Operator, operated: Instance) -> None:
    (night_shift.folder / "fine.txt").write_text(GOOD)
    done = night_shift.json("start", "fine.txt", "--wait")
    assert done["status"] == "SUCCEEDED"
    assert merged_words(operated, done["output"]["job"]) == 6


def test_lost_events_are_found_and_made_up_for(night_shift: Operator, operated: Instance) -> None:
    with silent(operated):
        execution = begun(night_shift, "lost.txt", GOOD)
        assert any("does not notify operated-process" in problem for problem in problems(night_shift))
        seen = waiting(night_shift, operated, execution)
    assert (seen["done"], seen["waits_for"]) == (0, "3 of 3 chunks")
    mended = night_shift.follow("# the chunks of which nothing was heard", JOB=seen["target"])
    assert mended.code == 0, mended.err
    assert night_shift.json("watch", execution)["status"] == "SUCCEEDED"
    assert merged_words(operated, seen["target"]) == 6


def test_failing_chunks_are_found_and_made_good(stack: Stack, night_shift: Operator, operated: Instance) -> None:
    with unable(stack, operated, "process", to="WriteResults"):
        execution = begun(night_shift, "failing.txt", GOOD)
        assert any("operated-process may not s3:PutObject" in problem for problem in problems(night_shift))
        assert night_shift.run("watch", execution).code == 1
        job = row(night_shift, execution, "--all")["target"]
        # The machine fails with the first; the others have three attempts as well.
        wait_for(lambda: night_shift.json("show", job)["failed_count"] == 3, pause=COMMAND_PAUSE)
    looked = night_shift.follow('timeline "$JOB" -o run.html    # when', JOB=job)
    assert "AccessDenied" in looked.out, looked.err
    mended = night_shift.follow('redrive "$JOB" --failed', JOB=job)
    assert mended.code == 0, mended.err
    assert merged_words(operated, job) == 6
    assert night_shift.json("show", job)["failed"] == []


def test_what_will_never_come_is_left_out(night_shift: Operator, operated: Instance) -> None:
    with silent(operated):
        execution = begun(night_shift, "hopeless.txt", GOOD)
        job = waiting(night_shift, operated, execution)["target"]
    # Of the three ways out in the runbook's block the first is taken; nothing is left for the others.
    assert night_shift.follow('resume "$JOB" --yes', JOB=job).code == 6
    assert night_shift.json("watch", execution)["status"] == "SUCCEEDED"
    assert merged_words(operated, job) == 0


def test_a_verdict_that_was_not_delivered_is_found_and_delivered(
    night_shift: Operator, operated: Instance, undelivered: str
) -> None:
    said = "the verdict was not delivered"
    wait_for(lambda: any(said in problem for problem in problems(night_shift)), pause=COMMAND_PAUSE)
    job = row(night_shift, undelivered)["target"]
    assert night_shift.run("redrive", job).code == 0
    assert merged_words(operated, job) == 6


def test_what_failed_while_a_deploy_was_wrong_is_made_good(night_shift: Operator, operated: Instance) -> None:
    with half_a_deploy(operated, "process"):
        assert any("2 different packages: a deployment stopped halfway" in problem for problem in problems(night_shift))
        execution = begun(night_shift, "deployed.txt", GOOD)
        assert night_shift.run("watch", execution).code == 1
        job = row(night_shift, execution, "--status", "FAILED")["target"]
        wait_for(lambda: night_shift.json("show", job)["failed_count"] == 3, pause=COMMAND_PAUSE)
    mended = night_shift.follow("jobs --status FAILED --names")
    assert mended.code == 0, mended.err
    assert merged_words(operated, job) == 6


def test_a_throttled_job_is_found_and_made_up_for(night_shift: Operator, operated: Instance) -> None:
    with turned_away(operated):
        execution = begun(night_shift, "throttled.txt", GOOD)
        arn = f"{operated.machine.replace(':stateMachine:', ':execution:')}:{execution}"
        job = waiting(night_shift, operated, execution)["target"]
        found = wait_for(lambda: throttling(night_shift), pause=COMMAND_PAUSE)
        assert "operated-process away" in found[0]["says"]
        looked = night_shift.follow('watch "$JOB" --timeout', seconds=5, JOB=job)
    assert looked.code == 7
    assert (night_shift.folder / "run.html").exists()
    # What waited may have had its turn before there was anything to make up for.
    assert night_shift.run("redrive", job, "--missing").code in (0, 6)
    wait_for(lambda: operated.machines.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
    assert merged_words(operated, job) == 6


def test_an_expired_link_is_found_asked_again_and_decided(editor: Operator, undecided: str) -> None:
    assert editor.run("watch", undecided).code == 1
    assert "ApprovalTimedOut" in row(editor, undecided, "--status", "FAILED")["waits_for"]
    again = editor.json("restart", undecided)["name"]
    wait_for(lambda: "Decide this in time" in row(editor, again).get("waits_for", ""))
    assert editor.run("approve", again, "--comment", "as agreed by telephone").code == 0
    seen = editor.json("watch", again)
    assert (seen["status"], seen["output"]["comment"]) == ("SUCCEEDED", "as agreed by telephone")


def test_a_leaked_link_decides_nothing_any_more(editor: Operator, approvals: Approvals) -> None:
    asked = approvals.ask("Keep this to yourself")
    execution = asked.arn.rpartition(":")[2]
    mark = log.fingerprint(asked.link.rpartition("/")[2])
    assert row(editor, execution)["target"] == mark
    wait_for(lambda: editor.run("show", mark).code == 0)
    editor.follow("--error LinkLeaked", MARK=mark, EXECUTION=execution)
    assert asked.press("approve").status == 409
    assert asked.ended().error == "LinkLeaked"
    assert editor.run("show", asked.link.replace(approvals.page, approvals.outputs["page_url"])).code == 0


def test_a_timeline_says_in_a_browser_what_is_pointed_at(night_shift: Operator) -> None:
    execution = begun(night_shift, "drawn.txt", GOOD + "\n\n!reject\n\nseven\n")
    night_shift.run("watch", execution)
    assert night_shift.run("timeline", execution, "-o", "drawn.html").code == 0
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with browser.launch() as chromium:
        page = chromium.new_page()
        page.goto((night_shift.folder / "drawn.html").as_uri())
        page.locator("rect.b[data-says^='chunk 3 failed']").first.hover()
        expect(page.locator("#told")).to_contain_text("ChunkRejected: this paragraph says !reject")
        page.screenshot(path=SCREENSHOTS / "timeline.png", full_page=True)


def test_the_operators_policy_is_enough_and_without_it_nothing_is_done(stack: Stack, night_shift: Operator) -> None:
    policy = json.loads(block("json", '"Sid": "Look"'))
    policy["Statement"][0]["Action"] += MISTAKEN
    with role(stack.local, json.dumps(policy)) as allowed, night_shift.under(allowed):
        (night_shift.folder / "allowed.txt").write_text(GOOD)
        done = night_shift.json("start", "allowed.txt", "--wait")
        assert [one for one in night_shift.json("doctor", "--all") if one["level"] == "unknown"] == []
        # Nothing is left to do, which it could find out.
        assert night_shift.run("redrive", done["output"]["job"]).code == 6
        assert night_shift.run("timeline", done["execution"], "-o", "allowed.html").code == 0
    look, _ = policy["Statement"]
    with role(stack.local, json.dumps({**policy, "Statement": [look]})) as allowed, night_shift.under(allowed):
        assert night_shift.run("jobs").code == 0
        refused = night_shift.run("start", "allowed.txt")
    assert (refused.code, "AWS refused" in refused.err) == (4, True)


def test_a_machine_is_drawn_as_it_is_deployed(night_shift: Operator) -> None:
    assert 'AwaitChunks{{"AwaitChunks"}}' in night_shift.run("diagram", "documents").out
    assert night_shift.run("diagram", "documents", "-o", "machine.svg").code == 0
    assert ">AwaitChunks<" in (night_shift.folder / "machine.svg").read_text()


def test_no_token_was_printed(
    night_shift: Operator, editor: Operator, operated: Instance, approvals: Approvals
) -> None:
    """Last of all: what the commands above have printed is compared with all tokens that the ledgers have."""
    secrets = [*_secrets(operated), *_secrets(approvals)]
    assert len(secrets) > 5
    printed = night_shift.printed + editor.printed
    drawings = "".join(path.read_text() for path in night_shift.folder.glob("*.html"))
    assert [piece for secret in secrets for piece in leaks(secret, printed + drawings)] == []


def _secrets(instance: Instance) -> Iterator[str]:
    pages = instance.dynamodb.get_paginator("scan").paginate(TableName=instance.outputs["table"])
    for item in (item for page in pages for item in page["Items"]):
        yield from item.get("tokens", {}).get("SS", ())
        yield from (item[name]["S"] for name in ("token", "token_before") if name in item)
        if item["pk"]["S"].startswith("wait#"):
            yield item["id"]["S"]
