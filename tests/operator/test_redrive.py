"""``redrive``: processed again is what has no result, and only what is meant; a machine that waits goes on."""

import json

import pytest

from sfn_callback.aws import clients
from sfn_callback.documents import redrive
from sfn_callback.documents.events import ChunkTask, Job
from sfn_callback_operator.actions import rounds
from sfn_callback_operator.actions.rounds import ChunkSelection
from sfn_callback_operator.jobs import executions, outcomes, positions, targets
from sfn_callback_operator.jobs.outcomes import JobOutcomes
from sfn_callback_operator.output import screen
from testing.environment import BUCKET, MACHINE
from testing.wire import Wire
from tests.operator.conftest import Desk, text


def test_lost_events_are_made_up_for_and_the_machine_goes_on(desk: Desk) -> None:
    job = desk.job()
    desk.deployment.deliver(desk.deployment.chunk_events()[1])
    ran = desk.run("redrive", job, "--no-wait")
    assert ran.code == 0, ran.err
    assert desk.processed() == [0, 2]
    ((_, kind, verdict),) = desk.machine.verdicts
    assert (kind, verdict["failed"]) == ("success", 0)


def test_a_late_chunk_of_the_round_before_changes_nothing(desk: Desk) -> None:
    job = desk.job()
    desk.run("redrive", job, "--no-wait")
    desk.deployment.deliver_all()
    assert len(desk.machine.verdicts) == 1


def test_missing_leaves_failed_chunks_as_they_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_CALLBACK_TOLERATED_FAILURE_COUNT", "1")
    job = desk.job(text("one", "!fail", "three"))
    desk.deployment.deliver(desk.deployment.chunk_events()[1])
    assert desk.run("redrive", job, "--missing", "--no-wait").code == 0
    assert desk.processed() == [0, 2]
    ((_, kind, verdict),) = desk.machine.verdicts
    # The chunk that failed still counts as failed: the merge leaves it out.
    assert (kind, verdict) == ("success", {"done": 2, "failed": 1})
    assert desk.deployment.merge()["failed"] == 1


def test_5083_that_have_failed_begin_a_round_with_a_few_updates_a_group_and_are_counted(
    desk: Desk, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job("20260131T235959Z-0123456789ab", "20260131T235959Z-0123456789ab", 5_084, 5_083)
    failed = {index: f"Gone: no {index}" for index in range(5_083)}
    arn = desk.machine.begin(MACHINE, "large", {})
    desk.machine.enter(arn, "AwaitChunks", {"split": {"job": job.as_json()}})
    target = targets.Target(executions.described(arn, "documents")[0], positions.Position("AwaitChunks", job=job))
    known = outcomes.of_job
    monkeypatch.setattr(outcomes, "of_job", lambda _: JobOutcomes(5_084, frozenset(), failed, (5_083,)))
    desk.deployment.put(f"chunks/{job.job}/00000000", b"")
    invoked: list[ChunkTask] = []
    monkeypatch.setattr(redrive, "invoke_processor", invoked.append)
    bars = Bars()
    monkeypatch.setattr(screen, "bar", lambda: bars)
    wire.sent.clear()
    begun = rounds.begin(target, ChunkSelection.MISSING)
    groups = -(-5_084 // 256)
    assert wire.operations().count("dynamodb.UpdateItem") <= 4 * groups + 5
    assert ([task.index for task in invoked], bars.steps) == ([5_083], [255, *[256] * 18, 220, 1])
    assert known(begun.job).failed == failed
    assert outcomes.progress(begun.job).failed == 5_083


class Bars:
    """What is told to somebody who waits."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def add_task(self, _: str, *, total: int, more: str) -> int:
        assert (total, more) == (5_084, "")
        return 0

    def advance(self, _: int, steps: int) -> None:
        self.steps.append(steps)


def test_failed_of_a_job_that_waits_makes_results_good_and_does_not_end_the_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_TOLERATED_FAILURE_COUNT", "1")
    job = desk.job(text("one", "!reject", "three"))
    desk.deployment.deliver(desk.deployment.chunk_events()[1])
    desk.deploy_fix()
    assert desk.run("redrive", job, "--failed").code == 0
    assert desk.processed() == [1]
    assert not desk.machine.verdicts
    assert desk.json("show", job)["missing"] == ["0", "2"]


def test_failed_chunks_of_a_job_that_has_ended_are_made_good_and_merged(desk: Desk) -> None:
    job = desk.failed_job(text("one", "!fail", "three"))
    desk.deploy_fix()
    ran = desk.run("redrive", job, "--failed")
    assert ran.code == 0, ran.err
    assert desk.processed() == [1]
    assert f"merged/d.txt/{job}" in ran.out
    assert f"sfn-callback result {job}" in ran.err
    assert json.loads(desk.deployment.read(f"merged/d.txt/{job}"))["distinct"] == 3
    assert len(desk.machine.verdicts) == 1


def test_a_job_that_was_split_before_it_knew_its_document_is_merged_with_what_its_execution_was_given(
    desk: Desk,
) -> None:
    job = desk.failed_job(text("one", "!fail"))
    old = {name: value for name, value in desk.deployment.job.items() if name != "document"}
    desk.machine.enter(desk.arn, "Failed", {"job": old})
    desk.deploy_fix()
    assert desk.run("redrive", job).code == 0
    ((_, merge),) = [event for event in desk.functions.invoked if event[0] == "docs-merge"]
    assert merge["job"]["document"] == {"bucket": BUCKET, "key": "documents/d.txt"}
    assert desk.deployment.keys("merged/") == [f"merged/d.txt/{job}"]


def test_chunks_that_fail_again_are_said_with_why(desk: Desk) -> None:
    job = desk.failed_job(text("one", "!fail", "three"))
    ran = desk.run("redrive", job)
    assert ran.code == 1
    assert "chunk 1: RuntimeError: this paragraph says !fail" in ran.err
    assert not desk.deployment.keys("merged/")


def test_a_machine_that_waits_for_no_chunks_is_left_alone(desk: Desk) -> None:
    job = desk.job()
    desk.machine.enter(desk.arn, "Merge", {"split": {"job": desk.deployment.job}})
    ran = desk.run("redrive", job)
    assert (ran.code, desk.processed()) == (6, [])
    assert "it is at Merge" in ran.err


def test_progress_goes_on_in_the_round_that_was_begun(desk: Desk) -> None:
    job = desk.job(text("one", "!fail", "three"))
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    desk.machine.time_out(next(iter(desk.machine.open)))
    desk.run("redrive", job, "--no-wait")
    (row,) = desk.json("jobs")
    assert (row["done"], row["failed"], row["round"]) == (2, 1, 1)


def test_what_the_package_logs_is_not_printed(desk: Desk) -> None:
    job = desk.job()
    ran = desk.run("redrive", job, "--no-wait", "--output", "json")
    assert ran.json == {"job": job, "chunks": 3, "resumes": True, "left_pending": 0}
    assert ran.err == f"3 chunks of {job} processed again.\n"


def test_both_switches_at_once_are_refused(desk: Desk) -> None:
    assert desk.run("redrive", desk.job(), "--failed", "--missing").code == 2


def delete_chunks(desk: Desk) -> None:
    """The lifecycle rule has deleted the job's chunks."""
    for key in desk.deployment.keys("chunks/"):
        clients.s3().delete_object(Bucket=BUCKET, Key=key)


@pytest.mark.parametrize("ended", [False, True])
def test_a_job_whose_chunks_have_expired_is_said_to_be_and_nothing_is_begun(desk: Desk, ended: bool) -> None:
    job = desk.failed_job(text("one", "!fail")) if ended else desk.job()
    delete_chunks(desk)
    ran = desk.run("redrive", job)
    assert (ran.code, desk.processed()) == (3, [])
    assert f"The chunks of {job} no longer exist" in ran.err
    assert "sfn-callback restart run-1" in ran.err


def test_a_job_that_needs_no_chunk_any_more_does_without_them(desk: Desk) -> None:
    desk.machine.refusals = ["AccessDeniedException"]
    job = desk.job()
    desk.deployment.deliver_all()
    delete_chunks(desk)
    assert not desk.machine.verdicts
    assert desk.run("redrive", job, "--no-wait").code == 0
    assert desk.processed() == []
    assert [kind for _, kind, _ in desk.machine.verdicts] == ["success"]


def test_the_help_does_not_say_that_aws_cannot_redrive_it(desk: Desk) -> None:
    # REDRIVABLE for 14 days: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
    said = " ".join(desk.run("redrive", "--help").out.replace("│", " ").split())
    assert "its execution stays FAILED" in said
