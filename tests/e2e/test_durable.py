"""A durable function of the caller's, with AWS's own SDK, that waits for what the module does."""

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from sfn_callback import log
from sfn_callback.durable import task_token
from sfn_callback.log_events import LogEvent
from tests.e2e.conftest import Stack, wait_for
from tests.e2e.support import shared_stack
from tests.e2e.support.approvals import Asked
from tests.e2e.support.durable import Durable, durable, undelivered
from tests.e2e.test_documents import created, logged

__all__ = ["durable"]

GOOD = b"one\n\ntwo two\n\nthree\n"
OUTLASTING = b"one\n\n!sleep 40\ntwo\n\nthree\n"
"""Longer than one round of 30 seconds."""
CHUNKS = 260
"""More than the 256 that make one group of the ledger."""


@pytest.fixture(scope="module", autouse=True)
def begun(stack: Stack, durable: Durable) -> dict[str, Any]:
    """What lasts long, begun first; test_stalls_of_approval.py looks at the first of it."""
    undelivered(stack)
    return {
        "outlasting": durable.drops("durable/chunks/outlasting.txt", OUTLASTING),
        "default": durable.asks("Nobody decides this", default="reject"),
        "nothing": durable.asks("Nobody decides that"),
    }


def test_a_document_is_waited_for_and_then_a_person(durable: Durable, chromium: Browser) -> None:
    execution = durable.drops("durable/publish/good.txt", GOOD)
    asked = durable.asked(execution, "Publish durable/publish/good.txt?")
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(asked.link)
        page.get_by_label("Comment").fill("fine")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status")).to_contain_text("Your answer was recorded.", timeout=60_000)
    ended = durable.comes_to(execution)
    document, decision = ended.result["document"], ended.result["decision"]
    assert (ended.status, document["chunks"], document["failed"]) == ("SUCCEEDED", 1, 0)
    merged = durable.read_json(**_named(document["result"]))
    assert merged == {"words": 4, "distinct": 3, "top": [["two", 2], ["one", 1], ["three", 1]]}
    assert (decision["action"], decision["comment"]) == ("approve", "fine")
    # Nothing of it was the machine's.
    assert [key for key in _given_to_the_machine(durable) if not key.startswith("documents/")] == []


def test_hundreds_of_chunks_with_duplicates_are_one_callback(durable: Durable) -> None:
    words = [f"word{number % 7}" for number in range(CHUNKS)]
    execution = durable.drops("durable/chunks/many.txt", "\n\n".join(words).encode())
    job = wait_for(lambda: next(iter(_jobs(durable, execution)), None))
    for index in range(0, CHUNKS, 20):
        durable.invoke("process", created(durable, f"chunks/{job}/{index:08d}"))
    ended = durable.comes_to(execution)
    assert (ended.status, ended.result["chunks"], ended.result["failed"]) == ("SUCCEEDED", CHUNKS, 0)
    counted = Counter(words)
    merged = durable.read_json(**_named(ended.result["result"]))
    assert (merged["words"], dict(map(tuple, merged["top"]))) == (CHUNKS, counted)
    # On a busy machine the round may end first: then the next one has another callback.
    assert len(durable.happened(execution, "CallbackSucceeded")) == 1
    answered = log.fingerprint(task_token(durable.callbacks(execution)[-1]))
    sent = [
        line["outcome"]
        for who in ("process", "await_chunks")
        for line in logged(durable, who, LogEvent.VERDICT_SENT, token=answered)
    ]
    assert sent.count("accepted") == 1
    durable.delete(f"chunks/{job}/", f"results/{job}/")


def test_failures_within_the_tolerance_are_left_out(durable: Durable) -> None:
    ended = durable.comes_to(durable.drops("durable/chunks/below.txt", b"one\n\n!reject\ntwo\n\nthree\n"))
    assert (ended.status, ended.result["chunks"], ended.result["failed"]) == ("SUCCEEDED", 3, 1)
    assert durable.read_json(**_named(ended.result["result"]))["words"] == 2


def test_one_failure_more_raises_by_its_name_and_leaves_a_report(durable: Durable) -> None:
    ended = durable.comes_to(durable.drops("durable/chunks/above.txt", b"one\n\n!reject\n\n!reject\n\nthree\n"))
    assert ended.result["error"] == "ChunksFailed"
    assert "1 tolerated" in ended.result["cause"]
    report = durable.read_json(**_named(ended.result["report"]))
    assert len(report["failed"]) == 2


def test_a_document_that_cannot_be_split_raises_the_functions_own_error(durable: Durable) -> None:
    ended = durable.comes_to(durable.drops("durable/chunks/image.png", b"\x89PNG\r\n\x1a\n\x00"))
    assert ended.result["error"] == "DocumentNotText"


def test_a_callback_that_has_timed_out_is_no_loss(durable: Durable, begun: dict[str, Any]) -> None:
    ended = durable.comes_to(begun["outlasting"])
    assert (ended.status, ended.result["failed"]) == ("SUCCEEDED", 0)
    assert durable.read_json(**_named(ended.result["result"]))["words"] == 3
    assert durable.happened(begun["outlasting"], "CallbackTimedOut")
    # On a busy machine the second one may time out as well.
    first, second, *_ = durable.callbacks(begun["outlasting"])
    for closed in (first, second):
        with pytest.raises(durable.functions.exceptions.CallbackTimeoutException):
            durable.functions.send_durable_execution_callback_success(CallbackId=closed, Result=b"1")


def test_a_process_that_is_killed_replays_and_hands_over_nothing_twice(durable: Durable) -> None:
    execution = durable.drops("durable/killed/it.txt", GOOD)
    ended = durable.comes_to(execution)
    assert (ended.status, ended.result["chunks"]) == ("SUCCEEDED", 3)
    invoked = [event["Name"] for event in durable.happened(execution, "ChainedInvokeStarted")]
    # On a busy machine there may be further rounds; nothing of any of them is done twice.
    assert (invoked[:2], invoked[-1]) == (["chunks-split", "chunks-round-1-handed-over"], "chunks-merge")
    assert len({*invoked}) == len(invoked)
    died = [event for event in durable.happened(execution, "InvocationCompleted") if _error(event)]
    assert len(died) == 2 * len(invoked)
    # Each function was invoked once, too.
    (job,) = _jobs(durable, execution)
    assert len(durable.callbacks(execution)) == sum(name.endswith("-handed-over") for name in invoked)
    assert [len(logged(durable, "split", LogEvent.SPLIT_DONE, job=job))] == [1]


def test_a_person_who_rejects_raises_by_the_actions_error(durable: Durable) -> None:
    asked = durable.asks("Reject this")
    assert asked.press("reject", comment="not yet").status == 303
    ended = durable.comes_to(asked.arn)
    assert ended.result["error"] == "Rejected"
    assert json.loads(ended.result["cause"])["comment"] == "not yet"


def test_a_second_decision_changes_nothing(durable: Durable) -> None:
    asked = durable.asks("Decide this twice")
    assert asked.press("approve").status == 303
    assert asked.press("reject").status == 409
    assert durable.comes_to(asked.arn).result["action"] == "approve"


def test_a_decision_after_a_reminder_answers_the_new_callback(durable: Durable) -> None:
    asked = durable.asks("Decide this late")
    wait_for(lambda: len(durable.mails(asked.subject)) >= 2)
    assert asked.press("approve").status == 303
    assert durable.comes_to(asked.arn).result["action"] == "approve"
    assert len(durable.callbacks(asked.arn)) == 2


def test_it_is_asked_again_until_the_deadline_and_then_the_default_is_taken(
    durable: Durable, begun: dict[str, Any]
) -> None:
    asked: Asked = begun["default"]
    ended = durable.comes_to(asked.arn)
    assert ended.result["error"] == "Rejected"
    assert json.loads(ended.result["cause"])["timed_out"] is True
    first, *reminders = durable.mails(asked.subject)
    assert {mail.subject for mail in reminders} == {f"Reminder: {asked.subject}"}
    assert {durable.link(mail) for mail in reminders} == {durable.link(first)}
    assert asked.press("approve").status == 410


def test_without_a_default_it_raises_that_nobody_decided(durable: Durable, begun: dict[str, Any]) -> None:
    assert durable.comes_to(begun["nothing"].arn).result["error"] == "ApprovalTimedOut"


@pytest.fixture
def replaced(durable: Durable) -> Iterator[Asked]:
    """An execution that waits, whose function has then been replaced."""
    asked = durable.asks("Replace this")
    with zipfile.ZipFile(shared_stack.FOLDER / "publish.zip") as package:
        files = {name: package.read(name) for name in package.namelist()}
    files["publish.py"] = files["publish.py"].replace(b'MARK = "first"', b'MARK = "second"')
    arn, _, alias = durable.function.rpartition(":")
    durable.functions.update_function_code(FunctionName=arn, ZipFile=_zipped(files))
    wait_for(lambda: _is_updated(durable, arn))
    published = durable.functions.publish_version(FunctionName=arn)["Version"]
    before = durable.functions.get_alias(FunctionName=arn, Name=alias)["FunctionVersion"]
    durable.functions.update_alias(FunctionName=arn, Name=alias, FunctionVersion=published)
    yield asked
    durable.functions.update_alias(FunctionName=arn, Name=alias, FunctionVersion=before)


def test_a_function_that_was_replaced_goes_on_as_it_began(durable: Durable, replaced: Asked) -> None:
    new = durable.asks("Begun by the new one")
    for asked, mark in ((replaced, "first"), (new, "second")):
        assert asked.press("approve").status == 303
        assert durable.comes_to(asked.arn).result["mark"] == mark


def test_no_log_has_a_durable_token(stack: Stack, durable: Durable) -> None:
    functions = durable.functions.get_paginator("list_durable_executions_by_function")
    pages = functions.paginate(FunctionName=durable.function.rpartition(":")[0], Qualifier="1")
    executions = [one["DurableExecutionArn"] for page in pages for one in page["DurableExecutions"]]
    ids = {one for execution in executions for one in durable.callbacks(execution)}
    groups = [group["logGroupName"] for group in stack.local.client("logs").describe_log_groups()["logGroups"]]
    logged = "\n".join(event["message"] for group in groups for event in durable.log_events(group))
    assert len(ids) > 10
    assert re.search(r'"event": ?"verdict_sent"', logged)
    assert [one for one in ids if one in logged] == []


def _named(where: dict[str, str]) -> dict[str, str]:
    return {"bucket": where["bucket"], "key": where["key"]}


def _given_to_the_machine(durable: Durable) -> list[str]:
    """The keys of the documents that its machine has begun with."""
    machine, describe = durable.outputs["state_machine_arns"]["documents"], durable.machines.describe_execution
    pages = durable.machines.get_paginator("list_executions").paginate(stateMachineArn=machine)
    inputs = [describe(executionArn=one["executionArn"])["input"] for page in pages for one in page["executions"]]
    return [json.loads(given)["key"] for given in inputs]


def _jobs(durable: Durable, execution: str) -> list[str]:
    split = [
        event["ChainedInvokeSucceededDetails"]["Result"]["Payload"]
        for event in durable.happened(execution, "ChainedInvokeSucceeded")
    ]
    return [json.loads(split[0])["job"]] if split else []


def _error(event: dict[str, Any]) -> Any:
    return event["InvocationCompletedDetails"].get("Error")


def _is_updated(durable: Durable, function: str) -> bool:
    state = durable.functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"]
    return bool(state == "Successful")


def _zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name, content in files.items():
            package.writestr(name, content)
    return target.getvalue()
