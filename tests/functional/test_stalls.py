"""Every path that could leave the documents machine waiting, named after what breaks.

docs/failure-handling.md says how long each takes. Those that are whole on the local AWS are in
tests/e2e/test_stalls_of_documents.py; here are those that it cannot show: it has no limit of memory, lets no event grow
old, throttles no table, and its Step Functions are never away.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from sfn_callback.aws import clients
from sfn_callback.errors import ResultsMissing
from sfn_callback.handlers import await_chunks, record_failure, redrive
from sfn_callback.log_events import LogEvent
from testing import invocations
from testing.environment import TABLE
from testing.task_tokens import FakeStepFunctions
from tests.functional.conftest import TOKEN, Deployment, note_invocations

pytestmark = pytest.mark.usefixtures("a_chunk_for_each_paragraph")
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "documents.asl.json"
NEXT = "token of round 1"
Outage = Callable[[int], None]


@pytest.fixture
def waiting(deployment: Deployment) -> Deployment:
    """A machine that waits for its second chunk."""
    deployment.begin(b"one\n\ntwo\n")
    deployment.deliver(deployment.chunk_events()[0])
    return deployment


def failure(deployment: Deployment) -> str:
    """Why the machine took its failure branch: the cause."""
    ((_, kind, content),) = deployment.machine.verdicts
    assert (kind, content["error"]) == ("failure", "ChunksFailed")
    return str(content["cause"])


@pytest.mark.parametrize("response", invocations.CRASHED, ids=["named", "unnamed"])
def test_processor_crash_is_reported_as_the_chunks_failure(waiting: Deployment, response: dict[str, str]) -> None:
    waiting.report(invocations.failed(waiting.chunk_events()[1], response))
    assert "chunk 00000001: " in failure(waiting)
    assert response["errorMessage"] in failure(waiting)


@pytest.mark.parametrize("response", invocations.OUT_OF_MEMORY, ids=["named", "as-a-crash"])
def test_out_of_memory_kill_is_reported_as_the_chunks_failure(waiting: Deployment, response: dict[str, str]) -> None:
    waiting.report(invocations.failed(waiting.chunk_events()[1], response))
    assert f"chunk 00000001: {response['errorType']}: " in failure(waiting)
    assert "signal: killed" in failure(waiting)


@pytest.mark.parametrize("response", invocations.TIMED_OUT, ids=["named", "unnamed"])
def test_function_timeout_is_reported_as_the_chunks_failure(waiting: Deployment, response: dict[str, str]) -> None:
    waiting.report(invocations.failed(waiting.chunk_events()[1], response))
    assert "chunk 00000001: " in failure(waiting)
    assert "Task timed out after 300.00 seconds" in failure(waiting)


@pytest.mark.parametrize("response", [None, invocations.CRASHED[0]], ids=["never-tried", "tried-once"])
def test_event_too_old_is_reported_as_the_chunks_failure(waiting: Deployment, response: dict[str, str] | None) -> None:
    waiting.report(invocations.expired(waiting.chunk_events()[1], response))
    assert f"chunk 00000001: {response['errorType'] if response else 'EventAgeExceeded'}: " in failure(waiting)


def test_reserved_concurrency_of_zero_is_reported_as_the_chunks_failure(waiting: Deployment) -> None:
    # Its events go to the destination without an attempt, and AWS does not document under which condition:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    record = invocations.expired(waiting.chunk_events()[1])
    del record["requestContext"]["condition"]
    waiting.report(record)
    assert "chunk 00000001: Unknown: " in failure(waiting)


@pytest.fixture
def throttle(no_pauses: list[float]) -> Outage:
    """Make DynamoDB refuse so many calls, however often each of them is sent."""
    left, refused = 0, set()

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        nonlocal left
        call = request.headers["amz-sdk-invocation-id"]
        if call not in refused and left:
            left -= 1
            refused.add(call)
        return slow_down(request.url) if call in refused else None

    def begin(calls: int) -> None:
        nonlocal left
        left = calls
        events: Any = clients.dynamodb().meta.events
        events.register_first("before-send.dynamodb", answer)

    return begin


def slow_down(url: str) -> AWSResponse:
    """DynamoDB's answer to a request that it does not take now."""
    code = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
    return AWSResponse(url, 400, HTTPHeaders(), Body(json.dumps({"__type": code, "message": "slow down"}).encode()))


class Body(io.BytesIO):
    """A response's body, as botocore reads it."""

    def stream(self) -> list[bytes]:
        return [self.read()]


def test_ledger_throttled_for_a_moment_is_waited_for(waiting: Deployment, throttle: Outage) -> None:
    throttle(1)
    waiting.deliver(waiting.chunk_events()[1])
    assert waiting.merged()["words"] == 2


def test_ledger_throttled_through_all_attempts_is_healed_by_the_next_round(
    waiting: Deployment, throttle: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_invocations(monkeypatch)
    throttle(6)
    waiting.deliver(waiting.chunk_events()[1])
    assert waiting.machine.verdicts == []
    assert_kept_for_a_person(waiting, "ProvisionedThroughputExceededException")
    waiting.next_round(NEXT)
    assert waiting.merged()["words"] == 2


def assert_kept_for_a_person(deployment: Deployment, error: str) -> None:
    """The queue of what is undelivered has one record, which says what its chunk is and why nobody could report it."""
    (record,) = deployment.undelivered
    assert record["responsePayload"]["errorType"] == error
    assert record["requestPayload"]["requestPayload"] == deployment.chunk_events()[1]


def test_ledger_throttled_at_the_handover_is_tried_again_by_the_machine(
    deployment: Deployment, throttle: Outage
) -> None:
    deployment.split(b"one\n")
    throttle(1)
    with pytest.raises(ClientError) as refused:
        deployment.await_chunks()
    (retrier,) = (one for one in awaiting()["Retry"] if type(refused.value).__name__ in one["ErrorEquals"])
    assert retrier["MaxAttempts"] > 0


def awaiting() -> dict[str, Any]:
    """The waiting state, as it is rendered."""
    state: dict[str, Any] = json.loads(GOLDEN.read_text())["States"]["AwaitChunks"]
    return state


def test_ledger_deleted_fails_every_step_of_the_machine_by_name(waiting: Deployment, no_pauses: list[float]) -> None:
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    waiting.deliver(waiting.chunk_events()[1])
    assert_kept_for_a_person(waiting, "ResourceNotFoundException")
    # Each state's catch for everything leads from here to FailedUnrecorded.
    for step in (
        lambda: redrive.handler({"job": waiting.job}, None),
        lambda: waiting.await_chunks(NEXT),
        reporting(waiting),
    ):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            step()


def reporting(deployment: Deployment) -> Callable[[], Any]:
    state = {"failure": {"Error": "States.Timeout"}, "job": deployment.job}
    return lambda: record_failure.handler({"execution": "run-1", "state": state}, None)


def test_on_failure_destination_failing_itself_keeps_its_record_and_the_next_round_heals(
    waiting: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked = note_invocations(monkeypatch)
    waiting.put(f"chunks/{waiting.job['job']}/00000001", b"!fail\n")
    with monkeypatch.context() as outage:
        outage.setattr("sfn_callback.fanin.protocol.chunk_failed", _broken)
        waiting.deliver(waiting.chunk_events()[1])
    assert waiting.machine.verdicts == []
    assert_kept_for_a_person(waiting, "ConnectionError")
    waiting.next_round(NEXT)
    waiting.deliver(invoked[0])
    assert "chunk 00000001: RuntimeError: this paragraph says !fail" in failure(waiting)


def _broken(*_: Any) -> Any:
    raise ConnectionError("DynamoDB is away")


def test_step_functions_away_for_hours_is_healed_by_the_next_round(
    waiting: Deployment, no_pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    note_invocations(monkeypatch)
    # Three attempts of the processor and three of its on-failure destination.
    waiting.machine.refusals = ["ServiceUnavailable"] * 6
    waiting.deliver(waiting.chunk_events()[1])
    assert waiting.machine.verdicts == []
    assert_kept_for_a_person(waiting, "ResumeUnavailable")
    waiting.next_round(NEXT)
    assert waiting.merged()["words"] == 2


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidToken", "TaskDoesNotExist"])
def test_verdicts_refused_for_good_end_in_a_merge_without_them(
    waiting: Deployment, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rounds bring new tokens; where none of them can be answered, the machine merges what is there by itself."""
    waiting.machine.refusals = [code] * 2
    waiting.deliver(waiting.chunk_events()[1])
    assert waiting.undelivered == []
    waiting.next_round(NEXT)
    waiting.machine.time_out(NEXT)
    assert waiting.machine.verdicts == []
    assert capsys.readouterr().out.count(LogEvent.VERDICT_NOT_DELIVERED) == 2
    output = waiting.merge_late()
    assert (output["chunks"], output["failed"]) == (2, 0)


def test_token_expired_mid_round_is_no_loss_to_the_next_round(
    waiting: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoked = note_invocations(monkeypatch)
    waiting.machine.time_out(TOKEN)
    waiting.deliver(waiting.chunk_events()[1])
    assert '"outcome": "already closed"' in capsys.readouterr().out
    waiting.redrive()
    assert invoked == []
    waiting.await_chunks(NEXT)
    assert waiting.merged()["words"] == 2


def test_token_expired_mid_round_is_no_loss_after_the_last_round(waiting: Deployment) -> None:
    waiting.machine.time_out(TOKEN)
    waiting.deliver(waiting.chunk_events()[1])
    assert waiting.merge_late()["failed"] == 0


def test_redrive_exhausted_fails_with_what_is_missing(waiting: Deployment) -> None:
    waiting.machine.time_out(TOKEN)
    with pytest.raises(
        ResultsMissing, match=r"Only 1 of job \S+'s 2 chunks have results, and 0 may be missing: 1 more are missing"
    ):
        waiting.merge_late()
    report = waiting.record_failure("States.Timeout", "", job=waiting.job)
    assert (report["error"], report["without_result"]) == ("States.Timeout", [1])


def test_redrive_exhausted_with_no_more_missing_than_is_tolerated_is_a_success(waiting: Deployment) -> None:
    waiting.job = {**waiting.job, "tolerated": 1}
    waiting.machine.time_out(TOKEN)
    assert waiting.merge_late()["failed"] == 1


def test_redrive_dying_halfway_leaves_its_round_to_nobody(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again: what the first attempt invoked is recorded in a round that nobody waits for."""
    invoked = note_invocations(monkeypatch)
    deployment.split(b"one\n\ntwo\n")
    first = redrive.handler({"job": deployment.job}, None)
    orphans = invoked[:1]
    invoked.clear()
    deployment.redrive()
    deployment.await_chunks()
    for task in orphans:
        deployment.deliver(task)
    assert deployment.machine.verdicts == []
    for task in invoked:
        deployment.deliver(task)
    assert first["fanin"] != deployment.job["fanin"]
    assert deployment.merged()["words"] == 2


def test_await_chunks_dying_after_the_handover_is_answered_at_its_next_attempt(deployment: Deployment) -> None:
    """It is tried again with another token; the first one's verdict is refused, the second one's is not."""
    deployment.begin(b"one\n")
    deployment.machine.time_out(TOKEN)
    deployment.await_chunks("token of the second attempt")
    deployment.deliver_all()
    assert deployment.machine.verdicts == [("token of the second attempt", "success", {"done": 1, "failed": 0})]


def test_ledger_expired_fails_the_machine_at_once(deployment: Deployment, machine: FakeStepFunctions) -> None:
    name = "20200101T000000Z-0123456789ab"
    with pytest.raises(Exception, match="no sealed fan-in") as gone:
        await_chunks.handler({"fanin": name, "token": machine.wait(TOKEN)}, None)
    assert not any(type(gone.value).__name__ in retrier["ErrorEquals"] for retrier in awaiting()["Retry"])
