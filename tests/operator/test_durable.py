"""A durable function waits in the place of a machine: commands know whose wait it is, and ask Lambda about it."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, repeat

import boto3
import pytest

from sfn_callback.aws import dynamodb
from sfn_callback.errors import ResumeUnsupported
from sfn_callback.fanin import ledger
from sfn_callback.handlers import record_failure
from sfn_callback_operator.doctor import durable_functions
from sfn_callback_operator.jobs import durable as durable_executions
from sfn_callback_operator.jobs.approvals import Undecided
from testing.environment import BUCKET, TABLE
from tests.functional.conftest import TOKEN
from tests.operator.conftest import Desk, text
from tests.operator.durable import CALLBACK, EXECUTION, Durable
from tests.operator.test_logs import Written


@pytest.fixture(autouse=True)
def no_machine_is_asked_about_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step Functions is given no ARN of a durable function's execution."""
    for name in ("describe_execution", "get_execution_history", "stop_execution"):
        asked = getattr(desk.machine, name)

        def ask(executionArn: str, asked: object = asked, **more: object) -> object:
            assert ":states:" in executionArn
            return asked(executionArn=executionArn, **more)  # type: ignore[operator]

        monkeypatch.setattr(desk.machine, name, ask)


def test_jobs_lists_what_a_durable_function_waits_for(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    (row,) = desk.json("jobs")
    assert (row["target"], row["workflow"], row["status"]) == (job, "durable", "RUNNING")
    assert (row["execution"], row["function"], row["name"]) == (EXECUTION, "orders", "order-1")
    assert (row["done"], row["chunks"]) == (1, 3)
    assert row["waits_for"] == "2 of 3 chunks, for the durable function orders"
    assert "for the durable function orders" in desk.run("jobs").out
    assert desk.run("jobs", "--names").out == f"{job}\n"


def test_jobs_lists_machines_and_durable_functions_in_one_order(desk: Desk, durable: Durable) -> None:
    durable.wait_for_chunks()
    desk.job(token=TOKEN)
    desk.machine.earlier(desk.arn, 600)
    assert [row["workflow"] for row in desk.json("jobs")] == ["documents", "durable"]
    assert [row["workflow"] for row in desk.json("jobs", "--older-than", "300")] == ["documents"]


def test_jobs_lists_one_row_for_all_rounds(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    durable.next_round("c2Vjb25k")
    (row,) = desk.json("jobs")
    assert (row["target"], row["round"]) == (job, 1)
    assert desk.json("show", job)["round"] == 1


def test_jobs_does_not_say_of_a_durable_function_that_goes_on_that_it_was_not_told(
    desk: Desk, durable: Durable
) -> None:
    durable.wait_for_chunks()
    for event in desk.deployment.chunk_events():
        desk.deployment.deliver(event)
    assert len(durable.of_lambda.verdicts) == 1
    (row,) = desk.json("jobs")
    assert row["waits_for"] == "something else: all chunks have an outcome, for the durable function orders"


def test_jobs_lists_no_durable_execution_that_has_ended(desk: Desk, durable: Durable) -> None:
    durable.wait_for_chunks()
    durable.ask()
    assert {row["waits_for"].partition(" ")[0] for row in desk.json("jobs")} == {"3", "a"}
    durable.end("FAILED")
    assert desk.json("jobs") == []


def test_jobs_reads_the_ledger_no_oftener_where_no_durable_function_may_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = dynamodb.Table.scan

    def scanned(self: dynamodb.Table, matching: str, *shown: str) -> Iterator[list[dynamodb.Item]]:
        assert matching != ledger.OPEN
        return scan(self, matching, *shown)

    desk.job()
    monkeypatch.setattr(dynamodb.Table, "scan", scanned)
    assert len(desk.json("jobs")) == 1


def test_a_deployment_without_a_ledger_has_nothing_that_a_durable_function_waits_for(
    desk: Desk, durable: Durable
) -> None:
    durable.wait_for_chunks()
    assert len(desk.json("jobs")) == 1
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    desk.machine.machines = desk.machine.machines[:1]
    assert desk.json("jobs") == []


def test_the_first_page_reads_a_part_of_a_large_ledger_and_says_so(
    desk: Desk, durable: Durable, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, scan, read = durable.wait_for_chunks(), dynamodb.Table.scan, Counter[str]()

    def scanned(self: dynamodb.Table, matching: str, *shown: str) -> Iterator[list[dynamodb.Item]]:
        for page in chain(scan(self, matching, *shown), repeat([], 100)):
            read[matching] += 1
            yield page

    monkeypatch.setattr(dynamodb.Table, "scan", scanned)
    monkeypatch.setattr("sfn_callback_operator.jobs.approvals.undecided", lambda _: Undecided())
    ran = desk.run("jobs")
    assert job in ran.out
    assert read == {ledger.OPEN: 4}
    assert "what durable functions wait for may be missing; --all lists them" in ran.err
    assert "may be missing" not in desk.run("jobs", "--all").err


def test_jobs_says_which_durable_function_asks(desk: Desk, durable: Durable) -> None:
    durable.ask()
    (row,) = desk.json("jobs")
    assert (row["workflow"], row["function"], row["status"]) == ("durable", "orders", "RUNNING")
    assert row["waits_for"].endswith(", for the durable function orders: Publish?")


@pytest.mark.parametrize("by_arn", [False, True])
def test_show_says_whose_wait_it_is(desk: Desk, durable: Durable, by_arn: bool) -> None:
    job = durable.wait_for_chunks(text("one", "!fail", "three"))
    for event in desk.deployment.chunk_events()[:2]:
        desk.deployment.deliver(event)
    shown = desk.json("show", EXECUTION if by_arn else job)
    assert (shown["function"], shown["name"], shown["status"]) == ("orders", "order-1", "RUNNING")
    assert (shown["job"], shown["chunks"], shown["done"], shown["missing"]) == (job, 3, 1, ["2"])
    assert shown["document"].endswith("/documents/d.txt")
    assert "orders" in desk.run("show", job).out


def test_show_says_why_a_durable_function_failed(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    ours = json.dumps({"error": "ChunksFailed", "cause": "2 of 3 chunks failed"})
    durable.end("FAILED", Error={"ErrorType": "CallbackFailed", "ErrorMessage": "ChunksFailed", "ErrorData": ours})
    shown = desk.json("show", job)
    assert (shown["status"], shown["error"], shown["cause"]) == ("FAILED", "ChunksFailed", "2 of 3 chunks failed")


def test_show_says_where_the_report_of_a_durable_functions_failure_is(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    assert desk.json("show", job)["report"] is None
    failed = {"failure": {"Error": "ChunksFailed", "Cause": "2 of 3"}, "split": {"job": desk.deployment.job}}
    state = {"bucket": BUCKET, "key": "documents/d.txt", **failed}
    record_failure.handler({"execution": "order-1", "state": state}, None)
    assert desk.json("show", job)["report"] == f"s3://{BUCKET}/failures/d.txt/order-1.json"


@pytest.mark.parametrize(
    ("error", "known"),
    [
        ({"ErrorType": "ValueError", "ErrorMessage": "no order"}, {"error": "ValueError", "cause": "no order"}),
        ({"ErrorMessage": "no order", "ErrorData": "what it says"}, {"cause": "no order"}),
        ({"ErrorType": "Mine", "ErrorData": "[1]"}, {"error": "Mine"}),
    ],
)
def test_an_error_of_somebody_elses_is_told_as_it_is(
    durable: Durable, error: dict[str, str], known: dict[str, str]
) -> None:
    durable.end("FAILED", Error=error)
    said = durable_executions.described(EXECUTION)
    assert {name: said[name] for name in ("error", "cause") if name in said} == known


def test_show_of_a_durable_execution_that_asks_is_that_of_its_approval(desk: Desk, durable: Durable) -> None:
    durable.wait_for_chunks()
    durable.of_lambda.time_out(CALLBACK)
    durable.ask()
    shown = desk.json("show", EXECUTION)
    assert (shown["subject"], shown["function"]) == ("Publish?", "orders")
    (mark,) = [row["target"] for row in desk.json("jobs") if row["state"] == "a callback" and not row["job"]]
    assert desk.json("show", mark)["function"] == "orders"


def test_an_approval_of_a_durable_function_is_answered(desk: Desk, durable: Durable) -> None:
    durable.ask()
    assert desk.run("approve", EXECUTION).code == 0
    ((callback, kind, _),) = durable.of_lambda.verdicts
    assert (callback, kind) == (CALLBACK, "success")


def test_resume_fail_and_heartbeat_answer_a_durable_function(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    assert desk.run("heartbeat", job).code == 0
    assert durable.of_lambda.heartbeats == [CALLBACK]
    assert desk.run("resume", job, "--yes").code == 0
    assert durable.of_lambda.verdicts == [(CALLBACK, "success", {"done": 0, "failed": 3})]
    assert "is not waiting any more" in desk.run("fail", job, "--yes").err


def test_what_the_ledger_names_and_lambda_has_forgotten_is_said(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    durable.of_lambda.executions.clear()
    ran = desk.run("show", job)
    assert ran.code == 3
    assert f"it was {EXECUTION}" in ran.err
    assert desk.run("show", EXECUTION).code == 3


def test_an_execution_of_another_function_is_refused(desk: Desk, durable: Durable) -> None:
    other = EXECUTION.replace(":orders:", ":theirs:")
    durable.of_lambda.executions[other] = "RUNNING"
    for command in (["show"], ["cancel", "--yes"], ["redrive"]):
        ran = desk.run(*command, other)
        assert ran.code == 2
        assert "nothing was done" in ran.err


def test_a_durable_token_is_refused_and_not_repeated(desk: Desk, durable: Durable) -> None:
    durable.wait_for_chunks()
    for command in ("show", "resume", "fail", "heartbeat"):
        ran = desk.run(command, f"durable:{CALLBACK}")
        assert ran.code == 2
        assert "send-durable-execution-callback-success" in ran.err
        assert CALLBACK not in ran.out + ran.err


def test_cancel_stops_a_durable_execution(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    ran = desk.run("cancel", job, "--cause", "wrong order", "--yes")
    assert (ran.code, "Stopped order-1" in ran.err) == (0, True)
    shown = desk.json("show", job)
    assert (shown["status"], shown["error"], shown["cause"]) == ("STOPPED", "Cancelled", "wrong order")
    assert "has already ended: STOPPED" in desk.run("cancel", EXECUTION, "--yes").err


def test_redrive_resumes_a_durable_function_that_waits(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks(text("one", "two", "three"))
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    ran = desk.run("redrive", job)
    assert ran.code == 0, ran.err
    assert desk.processed() == [1, 2]
    assert durable.of_lambda.verdicts == [(CALLBACK, "success", {"done": 2, "failed": 0})]
    assert "the durable function orders goes on" in ran.err


def test_redrive_begins_nothing_where_a_durable_function_waits_no_more(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    durable.of_lambda.time_out(CALLBACK)
    ran = desk.run("redrive", job)
    assert ran.code == 6
    assert "is not waiting for chunks" in ran.err
    assert desk.processed() == []


def test_redrive_of_an_ended_durable_execution_merges_and_says_who_begins_anew(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks(text("one", "!fail"))
    desk.deployment.deliver_all()
    durable.end("FAILED")
    desk.deploy_fix()
    ran = desk.run("redrive", job)
    assert ran.code == 0, ran.err
    assert "invoke orders again" in ran.err
    result = desk.json("result", job)
    assert result["key"] == f"merged/d.txt/{job}"
    assert desk.json("show", job)["result"].endswith(result["key"])


def test_restart_says_that_only_its_caller_begins_a_durable_function(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    durable.end("FAILED")
    ran = desk.run("restart", job)
    assert ran.code == 6
    assert "invoke orders again" in ran.err


def test_watch_follows_a_durable_execution_to_its_end(
    desk: Desk, durable: Durable, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = durable.wait_for_chunks()
    monkeypatch.setattr("time.sleep", lambda _: durable.end("SUCCEEDED", Result='{"order": 1}'))
    watched = desk.json("watch", job)
    assert (watched["status"], watched["output"]) == ("SUCCEEDED", {"order": 1})


def test_watch_of_a_failure_names_what_other_commands_take(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    durable.end("TIMED_OUT")
    ran = desk.run("watch", job)
    assert ran.code == 1
    assert f"sfn-callback show {EXECUTION}" in ran.err


def test_a_timeline_is_not_drawn_of_a_history_that_is_the_callers(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    ran = desk.run("timeline", job)
    assert ran.code == 6
    assert "get-durable-execution-history" in ran.err


def test_a_result_that_is_not_there_is_said_with_what_to_type(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    ran = desk.run("result", job)
    assert ran.code == 7
    assert f"sfn-callback watch {EXECUTION}" in ran.err


def test_an_old_boto3_of_the_commands_own_is_said_in_a_sentence(
    desk: Desk, durable: Durable, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = durable.wait_for_chunks()
    desk.functions.durable = object()
    ran = desk.run("show", job)
    assert "boto3 has no get_durable_execution" in ran.err


def found(desk: Desk, what: str) -> list[str]:
    """What doctor says of that, and what to do."""
    return [f"{one['says']}: {one['do']}" for one in desk.json("doctor", "--all") if one["what"] == what]


def test_doctor_finds_what_waits_for_a_durable_execution_that_has_ended(desk: Desk, durable: Durable) -> None:
    job = durable.wait_for_chunks()
    assert found(desk, "durable functions") == ["1 execution checked, none has ended: "]
    durable.end("STOPPED")
    (finding,) = found(desk, "durable functions")
    assert f"the job {job} waits for order-1 of the durable function orders, which is STOPPED" in finding
    durable.of_lambda.executions.clear()
    assert "which is forgotten" in found(desk, "durable functions")[0]


def test_doctor_finds_an_approval_that_a_durable_execution_asked_that_has_ended(desk: Desk, durable: Durable) -> None:
    durable.ask()
    durable.end("FAILED")
    (finding,) = found(desk, "durable functions")
    assert finding.startswith("the approval ")


def test_doctor_says_whose_approval_is_overdue(desk: Desk, durable: Durable, monkeypatch: pytest.MonkeyPatch) -> None:
    durable.ask()
    later = time.time() + 7_200
    monkeypatch.setattr(time, "time", lambda: later)
    (finding,) = found(desk, "approvals")
    assert "the durable function orders still waits" in finding
    durable.of_lambda.executions.clear()
    assert found(desk, "approvals") == []


def test_doctor_finds_a_boto3_that_is_too_old_until_its_function_is_changed(
    desk: Desk, durable: Durable, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [[["lambda:SendDurableExecutionCallbackSuccess"], [f"{EXECUTION.partition('/')[0]}"]]]
    desk.say("process", {"may": answers})
    error = {"errorType": ResumeUnsupported.__name__, "errorMessage": str(ResumeUnsupported.lacking("x"))}
    desk.machine.now = datetime.now(UTC)
    Written(desk).write("process", [{"level": "ERROR", "message": error}])
    (finding,) = found(desk, "durable functions")
    assert "the log of docs-process says that its boto3 is too old to answer a durable function" in finding
    assert "layers" in finding
    monkeypatch.setattr(durable_functions, "changed", lambda _: datetime.now(UTC))
    assert found(desk, "durable functions") == []


def test_doctor_has_iam_simulate_what_a_function_may_of_durable_functions(desk: Desk, durable: Durable) -> None:
    action = "lambda:SendDurableExecutionCallbackSuccess"
    desk.say("process", {"may": [[[action], [EXECUTION.partition("/")[0]]]]})
    desk.iam.denied = {action}
    assert any(f"docs-process may not {action}" in one for one in found(desk, "permissions"))


def test_doctor_asks_nothing_about_durable_functions_where_none_may_wait(desk: Desk) -> None:
    desk.job()
    assert found(desk, "durable functions") == []
