"""What could leave the documents machine waiting, and how it ends, on the local AWS.

What that cannot show is in tests/functional/test_stalls.py; docs/failure-handling.md has the whole table. The tests
take rounds that time out, so what can wait at the same time does.
"""

import json
from typing import Any

import pytest

from emulator.state_machine import Seen
from sfn_callback.log_events import LogEvent
from tests.e2e.conftest import Instance, Stack, instance_fixture, wait_for
from tests.e2e.support.faults import silent, unable

CRASH = b"one\n\n!crash\n\nthree\n"
TIMEOUT = b"one\n\n!sleep 60\ntwo\n\nthree\n"
POISON = b"one\n\n!fail\n\nthree\n"
GOOD = b"one\n\n!sleep 0\ntwo\n\nthree\n"
OUTLASTING = b"one\n\n!sleep 45\ntwo\n\nthree\n"
"""Longer than one round of 30 seconds, by as much as a busy machine may be late."""


unlucky = instance_fixture("unlucky")
"""It fails fast and waits two rounds of 40 seconds."""


@pytest.fixture(scope="module", autouse=True)
def begun(tolerant: Instance, strict: Instance) -> dict[str, str]:
    """Executions that need nothing but their chunks, begun first."""
    return {
        "timeout": strict.dropped("timeout.txt", TIMEOUT),
        "outlasting": tolerant.dropped("outlasting.txt", OUTLASTING),
        "crash": strict.dropped("crash.txt", CRASH),
        "poison": strict.dropped("poison.txt", POISON),
    }


@pytest.fixture(scope="module", autouse=True)
def unheard(unlucky: Instance) -> str:
    """An execution whose chunks' events nobody gets, which its next round makes up for."""
    with silent(unlucky):
        execution = unlucky.dropped("silent.txt", GOOD)
        wait_for(lambda: "AwaitChunks" in unlucky.seen(execution).states)
    return execution


@pytest.fixture(scope="module", autouse=True)
def unrecorded(unlucky: Instance, stack: Stack) -> tuple[str, list[dict[str, Any]]]:
    """An execution with a chunk whose failure could not be recorded, and what became of that."""
    with unable(stack, unlucky, "chunk_failed", to="WriteLedger"):
        execution = unlucky.dropped("destination.txt", POISON)
        return execution, undelivered(unlucky, "destination.txt", least=1)


def assert_reported(execution: Seen, *why: str) -> None:
    """The machine has taken its failure branch, with the second chunk and why it failed."""
    assert (execution.status, execution.error) == ("FAILED", "ChunksFailed")
    assert (execution.states.count("RecordFailure"), execution.states.count("Merge")) == (1, 0)
    for said in ("First: chunk 00000001: ", *why):
        assert said in execution.cause


def test_processor_crash_fails_the_machine_with_its_chunk(strict: Instance, begun: dict[str, str]) -> None:
    # SIGKILL, which is also how a process ends that takes too much memory.
    assert_reported(strict.ended(begun["crash"]), "Worker process died")


def test_poison_chunk_fails_the_machine_with_its_reason(strict: Instance, begun: dict[str, str]) -> None:
    execution = strict.ended(begun["poison"])
    assert_reported(execution, "this paragraph says !fail")
    report = strict.report(execution)
    assert report["failed"] == ["chunk 00000001: RuntimeError: this paragraph says !fail"]
    attempts = [line for line in strict.logged("process") if line["event"] == LogEvent.ATTEMPT_FAILED]
    assert len([line for line in attempts if line["job"] == report["job"]["job"]]) >= 3


def undelivered(instance: Instance, name: str, least: int) -> list[dict[str, Any]]:
    """Wait for what the queue has of the document, which an alarm is for; take it."""
    url = instance.sqs.get_queue_url(QueueName="unlucky-undelivered")["QueueUrl"]
    taken: list[str] = []

    def take() -> bool:
        messages = instance.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            instance.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken.extend(message["Body"] for message in messages if job in message["Body"])
        return len(taken) >= least

    job = wait_for(lambda: jobs(instance, name))[-1]
    wait_for(take)
    return [json.loads(body) for body in taken]


def jobs(instance: Instance, name: str) -> list[str]:
    """The jobs that the document was split into."""
    key = f"documents/{name}"
    return [line["job"] for line in instance.logged("split") if line.get("key") == key]


def test_event_that_never_came_is_made_up_for_by_a_redrive(unlucky: Instance, unheard: str) -> None:
    execution = unlucky.ended(unheard)
    assert execution.status == "SUCCEEDED", execution.cause
    assert unlucky.merged(execution)["words"] == 3
    assert (execution.states.count("AwaitChunks"), execution.states.count("Redrive"), execution.resumed) == (2, 1, 1)


def test_on_failure_destination_failing_itself_keeps_its_record_and_the_next_round_heals(
    unlucky: Instance, stack: Stack, unrecorded: tuple[str, list[dict[str, Any]]]
) -> None:
    arn, (record,) = unrecorded
    assert record["requestContext"]["functionArn"].endswith(":unlucky-chunk-failed")
    assert "/00000001" in json.dumps(record["requestPayload"]["requestPayload"])
    # The instance that has alarms has one for that queue.
    (alarm,) = stack.local.client("cloudwatch").describe_alarms(AlarmNames=["strict-undelivered"])["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "strict-undelivered"}]
    execution = unlucky.ended(arn)
    assert_reported(execution, "this paragraph says !fail")
    assert execution.states.count("Redrive") == 1


@pytest.fixture(scope="module")
def hopeless(unlucky: Instance, stack: Stack, unheard: str, unrecorded: tuple[str, Any]) -> dict[str, Seen]:
    """Executions for which no failure is recorded, or no verdict taken, as long as anybody tries."""
    # Those need what is taken away here.
    for needs_it in (unheard, unrecorded[0]):
        unlucky.ended(needs_it)
    with (
        unable(stack, unlucky, "chunk_failed", to="WriteLedger"),
        unable(stack, unlucky, "process", "await_chunks", to="Resume"),
    ):
        arns = {
            name: unlucky.dropped(f"{name}.txt", body) for name, body in {"unreported": POISON, "refused": GOOD}.items()
        }
        return {name: unlucky.ended(arn) for name, arn in arns.items()}


def test_redrive_exhausted_fails_the_machine_with_what_is_missing(unlucky: Instance, hopeless: dict[str, Seen]) -> None:
    execution = hopeless["unreported"]
    assert (execution.status, execution.error) == ("FAILED", "Timeout")
    states = ("AwaitChunks", "Redrive", "MergeLate", "RecordFailure")
    assert [execution.states.count(state) for state in states] == [2, 1, 1, 1]
    assert unlucky.report(execution)["without_result"] == [1]
    assert len(undelivered(unlucky, "unreported.txt", least=2)) == 2


def test_verdicts_refused_for_good_end_in_a_merge_without_them(unlucky: Instance, hopeless: dict[str, Seen]) -> None:
    execution = hopeless["refused"]
    assert execution.status == "SUCCEEDED", execution.cause
    assert (execution.states.count("MergeLate"), execution.resumed) == (1, 0)
    assert unlucky.merged(execution)["words"] == 3
    said = _problems(unlucky, execution.output["job"])
    assert said
    assert all(problem.startswith("ResumeDenied: ") for problem in said)


def _problems(instance: Instance, job: str) -> list[str]:
    """What kept the job's verdicts from being delivered, by whom ever they were sent."""
    lines = [*instance.logged("process"), *instance.logged("await_chunks")]
    ours = [line for line in lines if str(line.get("fanin")).partition(".")[0] == job]
    return [line["problem"] for line in ours if line["event"] == LogEvent.VERDICT_NOT_DELIVERED]


def test_token_expired_mid_round_is_no_loss(tolerant: Instance, begun: dict[str, str]) -> None:
    execution = tolerant.ended(begun["outlasting"])
    assert execution.status == "SUCCEEDED", execution.cause
    # On a busy machine a further round may end first.
    assert execution.states.count("AwaitChunks") >= 2
    assert (execution.output["failed"], tolerant.merged(execution)["words"]) == (0, 3)


def test_function_timeout_fails_the_machine_with_its_chunk(strict: Instance, begun: dict[str, str]) -> None:
    # Last, because three attempts take three timeouts.
    assert_reported(strict.ended(begun["timeout"]), "Sandbox.Timedout", "Task timed out after 20.00 seconds")
