"""Chunks that are finished elsewhere: handed on by process, and reported once, twice, late or never."""

import base64
import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sfn_callback import errors, ids, settings
from sfn_callback.aws import clients
from sfn_callback.documents import chunk_tokens, events, redrive
from sfn_callback.documents.bucket import Store
from sfn_callback.documents.events import ChunkTask
from sfn_callback.handlers import process, report
from testing.environment import BUCKET, TABLE
from testing.invocations import deliver
from tests.conftest import set_variables
from tests.functional import handing_workload
from tests.functional.conftest import TOKEN, Deployment, note_invocations

THREE = b"one\n\ntwo\n\nthree\n"
ELSEWHERE = "their-results"
HEARTBEAT_SECONDS = 600


@pytest.fixture(autouse=True)
def handing_on(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[str]]:
    monkeypatch.setenv("CHUNK_BYTES", "0")
    set_variables(
        monkeypatch,
        WORKLOAD="tests.functional.handing_workload",
        PENDING_HEARTBEAT_SECONDS=HEARTBEAT_SECONDS,
        RESULT_BUCKETS=f"{ELSEWHERE}/done/",
    )
    handing_workload.handed.clear()
    return handing_workload.handed


def say(token: str, **said: Any) -> str:
    """Invoke the function; return what it says became of the report."""
    answer = report.handler({"token": token, **said}, None)
    assert answer
    return str(answer["report"])


def ways(deployment: Deployment) -> list[tuple[str, Any]]:
    return [(kind, verdict) for _, kind, verdict in deployment.machine.verdicts]


def test_chunks_that_are_reported_end_the_wait_and_are_merged(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    assert sorted(handing_on) == [0, 1, 2] and not deployment.keys("results/")
    assert say(handing_on[2][0], result="drei") == "recorded"
    assert say(handing_on[0][0], result_base64=base64.b64encode(b"\0eins").decode()) == "recorded"
    assert ways(deployment) == []
    assert say(handing_on[1][0], result="") == "recorded"
    assert ways(deployment) == [("success", {"done": 3, "failed": 0})]
    assert deployment.read(deployment.merge()["result"]["key"]) == b"\0eins,,drei"


def test_a_chunk_may_be_finished_here_while_others_are_elsewhere(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(b"!here\n\ntwo\n")
    assert say(handing_on[1][0], result="zwei") == "recorded"
    assert deployment.read(deployment.merge()["result"]["key"]) == b"here,zwei"


def test_a_token_is_64_letters_and_digits_of_one_chunk_and_round(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    tokens = [given for chunk in handing_on.values() for given in chunk]
    assert len(set(tokens)) == 3
    assert all(len(token) == 64 and token.isalnum() and token == token.lower() for token in tokens)
    for index, (token,) in handing_on.items():
        handed = chunk_tokens.read(token)
        assert handed.task == ChunkTask(deployment.job["job"], index, deployment.job["job"], index)
        assert abs(handed.at - time.time()) < 60


def test_tokens_of_later_rounds_and_of_large_numbers_are_read_as_they_were_made(deployment: Deployment) -> None:
    job = "20260131T235959Z-0123456789ab"
    for fanin in (job, f"{job}.1-01234567", f"{job}.65535-ffffffff"):
        task = ChunkTask(job, 3_999_999, fanin, 3_999_998)
        assert chunk_tokens.read(chunk_tokens.make(task)).task == task


def test_nothing_is_written_for_a_hand_over_and_one_object_and_one_update_for_a_report(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.begin(THREE)
    first, *others = deployment.chunk_events()
    deployment.deliver(first)
    requests: list[str] = []
    for client in (clients.s3(), clients.dynamodb()):
        client.meta.events.register("before-call", lambda model, **_: requests.append(model.name))
    for event in others:
        deployment.deliver(event)
    assert requests == ["GetObject", "GetObject"]
    say(handing_on[0][0], result="eins")
    requests.clear()
    say(handing_on[1][0], result="zwei")
    assert requests == ["PutObject", "UpdateItem"]


def test_the_first_outcome_counts_and_a_report_that_contradicts_it_is_told_so(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=1)
    deployment.run(THREE)
    assert say(handing_on[0][0], result="eins") == "recorded"
    assert say(handing_on[0][0], result="eins") == "recorded"
    assert say(handing_on[0][0], error="Late") == "contradicts"
    assert say(handing_on[1][0], error="OutOfInk", cause="no paper either") == "recorded"
    assert say(handing_on[1][0], error="OutOfInk", cause="no paper either") == "recorded"
    assert say(handing_on[1][0], result="zwei") == "contradicts"
    assert say(handing_on[2][0], result="drei") == "recorded"
    assert ways(deployment) == [("success", {"done": 2, "failed": 1})]


def test_a_result_that_is_reported_anew_does_not_take_the_first_ones_place(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    say(handing_on[0][0], result="first")
    say(handing_on[0][0], result="second")
    assert deployment.read(f"results/{deployment.job['job']}/00000000") == b"first"


def test_an_error_fails_the_wait_with_its_reason_and_without_the_token(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    token = handing_on[1][0]
    say(token, error="OutOfInk", cause=f"while working for {token}")
    ((kind, verdict),) = ways(deployment)
    assert kind == "failure" and "chunk 00000001: OutOfInk: while working for [chunk token]" in verdict["cause"]


def test_whoever_reports_for_a_job_that_has_ended_is_told(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    assert say(handing_on[2][0], heartbeat=True) == "heard"
    assert say(handing_on[0][0], error="OutOfInk") in ("recorded", "ended")
    clients.reset()
    assert say(handing_on[1][0], result="zwei") == "ended"
    assert say(handing_on[2][0], heartbeat=True) == "ended"


def test_a_worker_that_works_on_after_all_chunks_are_done_is_told_to_stop(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(b"one\n")
    assert say(handing_on[0][0], result="eins") == "recorded"
    clients.reset()
    assert say(handing_on[0][0], heartbeat=True) == "ended"
    assert say(handing_on[0][0], result="once more") == "ended"
    assert deployment.read(deployment.merge()["result"]["key"]) == b"eins"


def test_a_report_for_a_job_whose_retention_is_over_writes_nothing(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    monkeypatch.setattr(ids, "age_seconds", lambda _: settings.current().retention_seconds + 1)
    assert say(handing_on[0][0], result="eins") == "ended"
    assert deployment.keys("results/") == []


# Rounds.


def round_of(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, token: str = "second") -> list[dict[str, Any]]:
    """Let the wait time out, begin the next round, and deliver its events; return them."""
    invoked = note_invocations(monkeypatch)
    deployment.next_round(token)
    for event in invoked:
        deployment.deliver(event)
    return invoked


def test_a_chunk_that_nobody_was_heard_of_is_handed_on_again_and_either_token_finishes_it(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    for chunk in (0, 1):
        say(handing_on[chunk][0], result="x")
    assert len(round_of(deployment, monkeypatch)) == 1
    old, new = handing_on[2]
    assert old != new
    say(new, result="drei")
    assert ways(deployment) == [("success", {"done": 1, "failed": 0})]
    assert say(old, result="late") == "recorded"
    assert deployment.read(f"results/{deployment.job['job']}/00000002") == b"drei"


def test_a_report_of_an_older_round_keeps_its_result_so_that_the_next_redrive_finds_it_done(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    for chunk in (0, 1):
        say(handing_on[chunk][0], result="x")
    round_of(deployment, monkeypatch)
    say(handing_on[2][0], result="from the old round")
    assert ways(deployment) == []
    deployment.machine.time_out("second")
    deployment.redrive()
    deployment.await_chunks("third")
    assert ways(deployment) == [("success", {"done": 0, "failed": 0})]
    assert deployment.read(f"results/{deployment.job['job']}/00000002") == b"from the old round"


def test_a_chunk_that_is_worked_on_is_left_and_its_old_token_counts_in_every_later_round(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    say(handing_on[0][0], result="eins")
    say(handing_on[1][0], heartbeat=True)
    round_of(deployment, monkeypatch)
    assert [len(handing_on[chunk]) for chunk in (1, 2)] == [1, 2]
    say(handing_on[2][1], heartbeat=True)
    deployment.machine.time_out("second")
    invoked = note_invocations(monkeypatch)
    deployment.redrive()
    deployment.await_chunks("third")
    for event in invoked:
        deployment.deliver(event)
    assert [len(handing_on[chunk]) for chunk in (1, 2)] == [1, 2]
    say(handing_on[1][0], result="zwei")
    say(handing_on[2][1], result="drei")
    assert ways(deployment) == [("success", {"done": 2, "failed": 0})]


def test_a_chunk_of_the_sweepers_later_round_counts_in_the_machines_own_that_has_a_lower_number(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    for chunk in (0, 1):
        say(handing_on[chunk][0], result="x")
    # The sweeper has begun two rounds in the place of the machine's first one, whose second one is number 1 again.
    first = events.Job(deployment.job["job"], deployment.job["fanin"], 3, 0)
    invoked = note_invocations(monkeypatch)
    redrive.start_round(redrive.start_round(first, []), [2])
    for event in invoked:
        deployment.deliver(event)
    say(handing_on[2][1], heartbeat=True)
    round_of(deployment, monkeypatch)
    assert len(handing_on[2]) == 2
    say(handing_on[2][1], result="drei")
    assert ways(deployment) == [("success", {"done": 1, "failed": 0})]


def test_a_failure_under_an_old_token_counts_in_the_round_that_the_chunk_was_moved_to(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    say(handing_on[1][0], heartbeat=True)
    round_of(deployment, monkeypatch)
    say(handing_on[1][0], error="OutOfInk")
    ((kind, verdict),) = ways(deployment)
    assert kind == "failure" and "OutOfInk" in verdict["cause"]


def test_a_chunk_that_was_silent_for_longer_than_a_heartbeat_lasts_is_handed_on_again(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - HEARTBEAT_SECONDS - 1)
    say(handing_on[1][0], heartbeat=True)
    monkeypatch.setattr("time.time", lambda: now)
    round_of(deployment, monkeypatch)
    assert len(handing_on[1]) == 2


def test_a_chunk_that_is_reported_while_it_is_moved_is_done_in_the_new_round(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    for chunk in (0, 2):
        say(handing_on[chunk][0], result="x")
    say(handing_on[1][0], heartbeat=True)
    invoked = note_invocations(monkeypatch)
    deployment.next_round("second")
    looked = Store.has_result

    def reported_after_the_look(store: Store, job: str, index: int) -> bool:
        there = looked(store, job, index)
        say(handing_on[1][0], result="zwei")
        return there

    monkeypatch.setattr(Store, "has_result", reported_after_the_look)
    (event,) = invoked
    deployment.deliver(event)
    assert ways(deployment) == [("success", {"done": 1, "failed": 0})]


def test_a_chunk_that_failed_before_its_round_is_handed_on_although_it_was_heard_of(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=2)
    deployment.run(THREE)
    say(handing_on[1][0], heartbeat=True)
    say(handing_on[1][0], error="OutOfInk")
    round_of(deployment, monkeypatch)
    assert len(handing_on[1]) == 2
    # The queue delivers the old report once more, which is of the old round alone.
    assert say(handing_on[1][0], error="OutOfInk") == "recorded"
    for chunk in (0, 1, 2):
        say(handing_on[chunk][1], result="x")
    assert ways(deployment) == [("success", {"done": 3, "failed": 0})]


def test_a_task_that_says_so_is_handed_on_again_although_somebody_works_on_it(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    say(handing_on[1][0], heartbeat=True)
    invoked = note_invocations(monkeypatch)
    deployment.next_round("second")
    for event in invoked:
        deployment.deliver({**event, "again": True})
    assert len(handing_on[1]) == 2


# What comes in the module's place: the doors.


def message(token: str, number: int = 0, **said: Any) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": json.dumps({"token": token, **said}),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1"},
        "eventSource": "aws:sqs",
    }


def test_a_batch_of_a_queue_is_taken_and_what_cannot_be_is_delivered_again(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    records = [message(handing_on[number][0], number, result="x") for number in range(3)]
    records += [message("garbage", 3, result="x"), {**message("x", 4), "body": "no JSON"}]
    answer = report.handler({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m3"}, {"itemIdentifier": "m4"}]}
    assert ways(deployment) == [("success", {"done": 3, "failed": 0})]


def test_notifications_of_a_topic_are_taken_each_whatever_becomes_of_the_others(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(THREE)
    bodies = ["no JSON", *(json.dumps({"token": handing_on[number][0], "result": "x"}) for number in range(3))]
    records = [
        {
            "EventSource": "aws:sns",
            "Sns": {"MessageId": str(number), "Message": body, "Timestamp": "2026-01-01T00:00:00Z"},
        }
        for number, body in enumerate(bodies)
    ]
    with pytest.raises(errors.ReportInvalid, match="JSON"):
        report.handler({"Records": records}, None)
    assert ways(deployment) == [("success", {"done": 3, "failed": 0})]


def post(body: str, method: str = "POST", content_type: str = "application/json") -> tuple[int, dict[str, Any]]:
    event = {
        "version": "2.0",
        "requestContext": {"http": {"method": method}},
        "rawPath": "/",
        "headers": {"content-type": content_type},
        "body": body,
    }
    answer = report.handler(event, None)
    assert answer
    return int(answer["statusCode"]), json.loads(answer["body"])


def test_a_post_is_answered_as_the_page_answers(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(THREE)
    token = handing_on[0][0]
    assert post(json.dumps({"token": token, "heartbeat": True})) == (200, {"report": "heard"})
    assert post(json.dumps({"token": token, "result": "eins"})) == (200, {"report": "recorded"})
    assert post(json.dumps({"token": token, "error": "Late"}))[0] == 409
    assert post("{")[0] == 400
    assert post(json.dumps({"token": token}))[0] == 400
    assert post(json.dumps({"token": "garbage", "result": ""}))[0] == 404
    assert post("", "GET")[0] == 405
    assert post(json.dumps({"token": token, "result": ""}), content_type="text/plain")[0] == 415
    say(handing_on[1][0], error="OutOfInk")
    clients.reset()
    assert post(json.dumps({"token": handing_on[2][0], "result": "drei"}))[0] == 410

    def away(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    monkeypatch.setattr("sfn_callback.reports.take.protocol.report", away)
    assert post(json.dumps({"token": handing_on[2][0], "result": "drei"}))[0] == 503


# Results that are on S3 already.


def their_bucket(key: str, body: bytes = b"theirs") -> dict[str, str]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=ELSEWHERE, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=ELSEWHERE, Key=key, Body=body)
    return {"bucket": ELSEWHERE, "key": key}


def test_a_result_elsewhere_is_copied_and_counts_after_it_is_gone_there(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(b"one\n")
    assert say(handing_on[0][0], result_at=their_bucket("done/1")) == "recorded"
    boto3.client("s3").delete_object(Bucket=ELSEWHERE, Key="done/1")
    assert deployment.read(deployment.merge()["result"]["key"]) == b"theirs"


def test_a_result_at_the_chunks_own_key_is_used_as_it_is(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(b"one\n")
    key = f"results/{deployment.job['job']}/00000000"
    deployment.put(key, b"in place")
    puts: list[str] = []
    clients.s3().meta.events.register("before-call", lambda model, **_: puts.append(model.name))
    assert say(handing_on[0][0], result_at={"bucket": BUCKET, "key": key}) == "recorded"
    assert puts == ["HeadObject"]
    assert deployment.read(deployment.merge()["result"]["key"]) == b"in place"


@pytest.mark.parametrize(
    ("key", "error", "says"),
    [
        ("done/absent", errors.ResultUnavailable, "s3://their-results/done/absent does not exist"),
        ("private/1", errors.ReportInvalid, "pending.result_buckets"),
    ],
)
def test_a_result_that_is_not_there_or_may_not_be_had_is_refused_and_nothing_is_recorded(
    key: str, error: type[Exception], says: str, deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(b"one\n")
    their_bucket("private/1")
    with pytest.raises(error, match=says):
        say(handing_on[0][0], result_at={"bucket": ELSEWHERE, "key": key})
    assert ways(deployment) == [] and deployment.keys("results/") == []
    assert say(handing_on[0][0], result="then so") == "recorded"


# Bad input.


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "one of"),
        ({"result": "x", "error": "y"}, "one of"),
        ({"result": "x", "cause": "y"}, "'cause' is only allowed with 'error'"),
        ({"heartbeat": True, "content_type": "x"}, "'content_type' is only allowed with"),
        ({"heartbeat": 1}, "'heartbeat' must be true"),
        ({"result": 1}, "'result' must be a non-empty string"),
        ({"result": None}, "'result' must be a non-empty string"),
        ({"result_base64": "?"}, "base64"),
        ({"result_base64": 5}, "base64"),
        ({"result_at": "s3://b/k"}, "'result_at' must be a JSON object"),
        ({"result_at": {"bucket": "b"}}, "'key' must be"),
        ({"error": ""}, "'error' must be a non-empty string"),
        ({"result": "x", "results": 1}, "unknown fields"),
    ],
)
def test_what_is_no_report_is_refused_by_name(said: dict[str, Any], says: str, deployment: Deployment) -> None:
    with pytest.raises(errors.ReportInvalid, match=says):
        say("t" * 64, **said)


def test_a_token_of_another_deployment_an_altered_one_and_a_task_token_are_refused_unquoted(
    deployment: Deployment, handing_on: dict[int, list[str]]
) -> None:
    deployment.run(b"one\n")
    token = handing_on[0][0]
    altered = ("b" if token[0] == "a" else "a") + token[1:]
    for wrong in (altered, token[:-1], token.upper(), TOKEN, "", 5, None, "a" * 100_000):
        with pytest.raises((errors.ChunkTokenInvalid, errors.ReportInvalid)) as refused:
            report.handler({"token": wrong, "result": "x"}, None)
        assert not isinstance(wrong, str) or len(wrong) < 20 or wrong not in str(refused.value)
    boto3.client("dynamodb").delete_item(TableName=TABLE, Key={"pk": {"S": "chunk-tokens"}})
    clients.reset()
    with pytest.raises(errors.ChunkTokenInvalid, match="this deployment"):
        say(token, result="x")
    assert deployment.keys("results/") == []


def test_pending_without_a_token_given_away_or_without_reports_is_the_workloads_error(
    deployment: Deployment, handing_on: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.begin(b"!secretly\n\nopenly\n")
    secretly, openly = deployment.chunk_events()
    assert "did not ask for chunk.token" in json.dumps(deliver(process.handler, secretly))
    set_variables(monkeypatch, PENDING_HEARTBEAT_SECONDS="")
    assert "variable `pending`" in json.dumps(deliver(process.handler, openly))
