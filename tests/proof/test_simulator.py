"""The simulator's short form; ``make prove`` is the long one."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from proof.simulator import trials
from proof.simulator.cases import Case
from proof.simulator.durable import Callbacks
from proof.simulator.durable_mutations import DURABLE_MUTATIONS
from proof.simulator.mutations import COUNTING, MUTATIONS
from proof.simulator.random_schedules import BOUNDARIES
from proof.simulator.report_mutations import HEARD_TOO_EARLY, REPORTING
from proof.simulator.rival_protocols import USUAL
from proof.simulator.trials import (
    DURABLE,
    DURABLE_LIMITED,
    DURABLE_REPORTED,
    DURABLE_SWEPT,
    LIMITED,
    MOVED,
    OURS,
    REPORTED,
    REPORTED_SWEPT,
    REPORTED_TINY,
    SWEPT,
    TINY,
)
from proof.simulator.world import Fault
from sfn_callback import sweeper
from sfn_callback.documents import redrive
from sfn_callback.documents.events import ChunkTask, Job
from testing.durable_callbacks import FakeLambda


@pytest.mark.parametrize(
    "case", [Case(("ok", "ok")), Case(("ok", "reject")), Case(("ok", "reject"), tolerated=1)], ids=str
)
def test_no_order_of_requests_with_one_fault_anywhere_breaks_a_small_job(case: Case) -> None:
    explored = trials.explored(case)
    assert explored.states > 10_000
    assert not explored.violations


def test_no_random_schedule_breaks_a_job_and_every_kind_of_fault_is_in_them() -> None:
    tally = trials.tried(OURS, range(1000))
    assert tally.examples == {}
    assert set(tally.faults) == {fault.value for fault in Fault if fault is not Fault.NONE}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_random_schedule_breaks_a_job_at_the_boundaries_of_its_groups() -> None:
    assert trials.tried(OURS, range(25), BOUNDARIES).examples == {}


@pytest.mark.parametrize(("name", "seeds"), [(SWEPT, 400), (DURABLE_SWEPT, 200)])
def test_no_random_schedule_breaks_a_job_when_it_is_swept(
    name: str, seeds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: set[str] = set()
    look = sweeper.sweep_one
    monkeypatch.setattr(sweeper, "sweep_one", lambda *wait: became.add(one := look(*wait)) or one)  # type: ignore[func-returns-value]
    assert trials.tried(name, range(seeds)).examples == {}
    assert became == set(sweeper.SweepResult)


def test_a_sweeper_that_sends_again_within_a_waits_own_fan_in_is_found_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    # Which slot there is which chunk, it cannot know.
    def send_again(job: Job, indexes: list[int]) -> Job:
        for slot, index in enumerate(indexes):
            redrive.invoke_processor(ChunkTask(job.job, index, job.fanin, slot))
        return job

    wrong = {"start_round": send_again, "transfer_tokens": lambda *_: None}
    monkeypatch.setattr(sweeper, "redrive", SimpleNamespace(without_result=redrive.without_result, **wrong))
    parts = (range(first, first + 100) for first in range(0, 3000, 100))
    assert any(trials.tried(SWEPT, part).violations for part in parts)


def test_no_random_schedule_breaks_a_job_of_many_groups_and_sections() -> None:
    tally = trials.tried(TINY, range(1300))
    assert tally.examples == {}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_random_schedule_breaks_a_job_when_quotas_are_used_up() -> None:
    tally = trials.tried(LIMITED, range(1500))
    assert tally.examples == {}
    assert tally.refused > 1500
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_order_of_requests_with_a_crash_anywhere_breaks_a_chunk_that_is_reported() -> None:
    explored = trials.explored(Case(("handed:done",), rounds=1))
    assert explored.states > 1_000
    assert not explored.violations


@pytest.mark.parametrize(("name", "seeds"), [(REPORTED, 450), (REPORTED_SWEPT, 200), (REPORTED_TINY, 300)])
def test_no_random_schedule_breaks_a_job_whose_chunks_are_reported(name: str, seeds: int) -> None:
    tally = trials.tried(name, range(seeds))
    assert tally.examples == {}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed", "Timeout"}


def test_no_order_of_requests_with_one_fault_anywhere_breaks_a_small_job_that_a_durable_function_waits_for() -> None:
    explored = trials.explored(Case(("ok", "ok"), durable=True))
    assert explored.states > 5_000
    assert not explored.violations


@pytest.mark.parametrize(("name", "seeds"), [(DURABLE, 500), (DURABLE_LIMITED, 200), (DURABLE_REPORTED, 150)])
def test_no_random_schedule_breaks_a_job_that_a_durable_function_waits_for(name: str, seeds: int) -> None:
    tally = trials.tried(name, range(seeds))
    assert tally.examples == {}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_every_order_of_requests_with_one_kill_breaks_a_function_that_makes_its_callback_anew() -> None:
    name = "a hand-over that is done again has a callback of its own"
    assert trials.explored(Case(("ok",), durable=True), name).violations


def test_the_simulators_callbacks_refuse_what_those_that_are_pinned_to_aws_refuse() -> None:
    waiting, pinned = Callbacks(), FakeLambda()
    beat, succeed = pinned.send_durable_execution_callback_heartbeat, pinned.send_durable_execution_callback_success
    for name in ("answered", "late"):
        assert waiting.refusal(name) == _refusal(beat, CallbackId=name) == "ResourceNotFoundException"
        waiting = waiting.made(pinned.wait(name))
        assert waiting.refusal(name) is _refusal(beat, CallbackId=name) is None
    waiting = waiting.close("answered", "late")
    assert _refusal(succeed, CallbackId="answered", Result=b"{}") is None
    pinned.time_out("late")
    for name in ("answered", "late"):
        assert waiting.refusal(name) == _refusal(beat, CallbackId=name) == "CallbackTimeoutException"
        assert waiting.refusal(name) == _refusal(succeed, CallbackId=name, Result=b"{}")


def _refusal(send: Callable[..., object], **given: object) -> str | None:
    try:
        send(**given)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def test_every_order_of_requests_breaks_a_heartbeat_that_is_noted_before_its_chunk_is_moved() -> None:
    # Random schedules have a crash between the two once in thousands.
    assert trials.explored(MOVED, HEARD_TOO_EARLY).violations


@pytest.mark.parametrize(
    "name", [*USUAL, *MUTATIONS, *COUNTING, *sorted(REPORTING.keys() - {HEARD_TOO_EARLY}), *DURABLE_MUTATIONS]
)
def test_the_same_schedules_break_what_is_wrong(name: str) -> None:
    parts = (range(first, first + 100) for first in range(0, 3000, 100))
    found = next(tally for part in parts if (tally := trials.tried(name, part)).violations)
    # What breaks everything proves nothing.
    assert set(found.ends) & {"SUCCEEDED", "ChunksFailed"}
