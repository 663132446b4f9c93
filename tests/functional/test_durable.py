"""A durable function waits for chunks and for decisions: AWS's SDK in memory, and the module's handlers on moto."""

import json
from typing import Any

import pytest
from aws_durable_execution_sdk_python import ChildContextError

from sfn_callback import durable, log
from sfn_callback.aws import clients
from sfn_callback.durable import failures, operations
from sfn_callback.errors import ResumeUnavailable, SettingsInvalid
from sfn_callback.handlers import ask, await_chunks, merge, record_failure, redrive, split
from testing.durable_service import ARN, DurableService
from testing.environment import BUCKET
from tests.conftest import set_variables
from tests.functional.conftest import Deployment
from tests.readme import ROOT

pytestmark = pytest.mark.usefixtures("a_chunk_for_each_paragraph")
FIVE = b"one\n\ntwo two\n\nthree\n\nfour\n\nfive\n"
KEY = "durable/d.txt"
HANDLERS = {
    "split": split.handler,
    "await_chunks": await_chunks.handler,
    "redrive": redrive.handler,
    "merge": merge.handler,
    "record_failure": record_failure.handler,
    "ask": ask.handler,
}
MODULE = {
    **{name: name for name in HANDLERS},
    "round_seconds": 60,
    "max_rounds": 3,
    "timeout_seconds": 7 * 86_400,
    "remind_seconds": 86_400,
}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> DurableService:
    made = DurableService(functions={**HANDLERS})
    monkeypatch.setenv(operations.ENVIRONMENT, json.dumps(MODULE))
    monkeypatch.setattr(clients, "functions", lambda: made)
    return made


def document(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The durable function."""
    try:
        return durable.wait_for_chunks(context, BUCKET, event["key"])
    except durable.CallbackFailed as failed:
        return {"error": failed.error, "cause": failed.cause, "report": failed.report}


def run(service: DurableService, deployment: Deployment, body: bytes = FIVE) -> dict[str, Any]:
    deployment.put(KEY, body)
    said = service.run(document, {"key": KEY})
    assert said["Status"] == "SUCCEEDED", said
    result: dict[str, Any] = json.loads(said["Result"])
    return result


def job_of(deployment: Deployment) -> str:
    return deployment.keys("chunks/")[0].split("/")[1]


@pytest.fixture
def delivering(service: DurableService, deployment: Deployment) -> None:
    """S3's events come while the function waits."""

    def deliver() -> None:
        deployment.job = {"job": job_of(deployment)}
        deployment.deliver_all()

    service.idle = deliver


@pytest.mark.usefixtures("delivering")
def test_a_durable_function_gets_what_the_state_machine_returns(
    service: DurableService, deployment: Deployment
) -> None:
    output = run(service, deployment)
    assert output == {
        "job": job_of(deployment),
        "chunks": 5,
        "failed": 0,
        "result": {"bucket": BUCKET, "key": f"merged/d.txt/{job_of(deployment)}"},
    }
    assert json.loads(deployment.read(output["result"]["key"]))["words"] == 6
    assert [function for _, function in service.invoked] == ["split", "await_chunks", "merge"]


@pytest.mark.usefixtures("delivering")
def test_failed_chunks_reach_a_durable_function_by_name_and_are_reported(
    service: DurableService, deployment: Deployment
) -> None:
    failed = run(service, deployment, b"one\n\n!fail\n")
    assert failed["error"] == "ChunksFailed"
    assert "1 of 2 chunks failed, 0 tolerated" in failed["cause"]
    report = json.loads(deployment.read(failed["report"]["key"]))
    assert (report["execution"], report["error"], report["without_result"]) == ("order-7", "ChunksFailed", [1])


@pytest.mark.usefixtures("delivering")
def test_failures_that_are_tolerated_are_left_out(
    service: DurableService, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=1)
    assert run(service, deployment, b"one\n\n!fail\n")["failed"] == 1


@pytest.mark.parametrize("killed", range(1, 13))
@pytest.mark.usefixtures("delivering")
def test_a_function_that_is_killed_in_any_request_splits_hands_over_and_merges_once(
    service: DurableService, deployment: Deployment, killed: int
) -> None:
    service.killed_at = frozenset({killed})
    assert run(service, deployment)["chunks"] == 5
    assert [function for _, function in service.invoked] == ["split", "await_chunks", "merge"]
    assert len(service.closed) == 1


def test_a_round_that_times_out_is_redriven_with_another_callback(
    service: DurableService, deployment: Deployment
) -> None:
    rounds: list[str] = []

    def time_out_once() -> None:
        (waiting,) = service.open
        rounds.append(waiting)
        if len(rounds) == 1:
            service.time_out(waiting)
        for task in service.tasks:
            deployment.deliver(task)

    service.idle = time_out_once
    assert run(service, deployment)["chunks"] == 5
    assert len({*rounds}) == 2
    assert service.names("CALLBACK") == ["chunks-round-1", "chunks-round-2"]


def test_a_document_whose_chunks_never_end_fails_after_the_last_round(
    service: DurableService, deployment: Deployment
) -> None:
    service.idle = lambda: service.time_out(*service.open)
    failed = run(service, deployment)
    assert failed["error"] == "CallbackTimeoutError"
    assert len(service.closed) == MODULE["max_rounds"]
    assert failed["report"]["key"].startswith("failures/")


@pytest.mark.usefixtures("delivering")
@pytest.mark.parametrize(("error", "attempts"), [(ResumeUnavailable, 3), (ValueError, 1), (SettingsInvalid, 1)])
def test_what_may_pass_is_tried_again_and_nothing_else(
    service: DurableService, deployment: Deployment, error: type[Exception], attempts: int
) -> None:
    tried: list[str] = []

    def fails(_event: object, _context: object) -> None:
        tried.append("split")
        raise error("no")

    service.functions["split"] = fails
    assert run(service, deployment)["error"] == error.__name__
    assert len(tried) == attempts


@pytest.mark.usefixtures("delivering")
def test_a_throttled_function_is_tried_for_minutes(service: DurableService, deployment: Deployment) -> None:
    refusals = [type("TooManyRequestsException", (Exception,), {})("Rate exceeded")] * 20

    def throttled(event: dict[str, Any], context: object) -> Any:
        if refusals:
            raise refusals.pop()
        return split.handler(event, context)

    service.functions["split"] = throttled
    assert run(service, deployment)["chunks"] == 5


def test_a_functions_errors_are_tried_again_as_the_machine_tries_them() -> None:
    machine = json.loads((ROOT / "tests/golden/documents.asl.json").read_text())
    *lambdas, functions = (retry["ErrorEquals"] for retry in machine["States"]["Split"]["Retry"])
    of_lambda = {name.removeprefix("Lambda.") for names in lambdas for name in names if name.startswith("Lambda.")}
    assert of_lambda == failures.UNREADY
    assert {name.removeprefix("Lambda.") for name in functions} - failures.UNREADY == failures.FAILED


@pytest.mark.usefixtures("delivering")
def test_a_failure_keeps_its_name_and_report_through_what_the_sdk_records(
    service: DurableService, deployment: Deployment
) -> None:
    def in_a_child_context(event: dict[str, Any], context: Any) -> Any:
        try:
            return context.run_in_child_context(
                lambda child: durable.wait_for_chunks(child, BUCKET, event["key"]), "one"
            )
        except ChildContextError as error:
            failed = durable.CallbackFailed.of(error)
            return [failed.error, failed.cause, failed.report]

    deployment.put(KEY, b"!fail\n")
    error, cause, report = json.loads(service.run(in_a_child_context, {"key": KEY})["Result"])
    assert error == "ChunksFailed"
    assert "1 of 1 chunks failed" in cause
    assert report["key"].startswith("failures/d.txt/")


@pytest.mark.usefixtures("delivering")
def test_an_execution_fails_by_the_name_and_with_the_report(service: DurableService, deployment: Deployment) -> None:
    deployment.put(KEY, b"!fail\n")
    said = service.run(lambda _, context: durable.wait_for_chunks(context, BUCKET, KEY), {})
    assert said["Status"] == "FAILED"
    assert said["Error"]["ErrorMessage"].startswith("ChunksFailed: 1 of 1 chunks failed")
    assert json.loads(said["Error"]["ErrorData"])["error"] == "ChunksFailed"


@pytest.mark.parametrize(("variable", "why"), [("", "is not set"), ('{"ask": "ask"}', "'documents'")])
def test_a_function_without_the_modules_environment_says_what_is_missing(
    service: DurableService, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, variable: str, why: str
) -> None:
    monkeypatch.setenv(operations.ENVIRONMENT, variable)
    deployment.put(KEY, FIVE)
    said = service.run(document, {"key": KEY})
    assert why in said["Error"]["ErrorMessage"]


def test_somebody_elses_failure_of_a_callback_keeps_what_it_says(
    service: DurableService, deployment: Deployment
) -> None:
    def answer() -> None:
        (waiting,) = service.open
        service.send_durable_execution_callback_failure(CallbackId=waiting, Error={"ErrorMessage": "Stopped"})

    service.idle = answer
    assert run(service, deployment)["error"] == "Stopped"


@pytest.mark.usefixtures("delivering")
def test_no_callback_id_is_logged(
    service: DurableService, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    run(service, deployment)
    (callback,) = service.closed
    told = capsys.readouterr().out
    assert log.fingerprint(f"durable:{callback}") in told
    assert callback not in told


def test_an_execution_is_told_with_the_wait(service: DurableService, deployment: Deployment) -> None:
    told: list[dict[str, Any]] = []

    def note(event: dict[str, Any], context: object) -> Any:
        told.append(event)
        return await_chunks.handler(event, context)

    service.functions["await_chunks"] = note
    service.idle = lambda: service.time_out(*service.open)
    run(service, deployment)
    assert {wait["execution"] for wait in told} == {ARN}
    assert all(wait["token"].startswith("durable:") for wait in told)
