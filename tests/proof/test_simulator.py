"""The simulator's short form; ``make prove`` is the long one."""

from types import SimpleNamespace

import pytest

from proof.simulator import trials
from proof.simulator.cases import Case
from proof.simulator.mutations import COUNTING, MUTATIONS
from proof.simulator.random_schedules import BOUNDARIES
from proof.simulator.report_mutations import HEARD_TOO_EARLY, REPORTING
from proof.simulator.rival_protocols import USUAL
from proof.simulator.trials import LIMITED, MOVED, OURS, REPORTED, REPORTED_SWEPT, REPORTED_TINY, SWEPT, TINY
from proof.simulator.world import Fault
from sfn_callback import sweeper
from sfn_callback.documents import redrive
from sfn_callback.documents.events import ChunkTask, Job


@pytest.mark.parametrize(
    "case", [Case(("ok", "ok")), Case(("ok", "reject")), Case(("ok", "reject"), tolerated=1)], ids=str
)
def test_no_order_of_requests_with_one_fault_anywhere_breaks_a_small_job(case: Case) -> None:
    explored = trials.explored(case)
    assert explored.states > 10_000
    assert not explored.violations


def test_no_random_schedule_breaks_a_job_and_every_kind_of_fault_is_in_them() -> None:
    tally = trials.tried(OURS, range(1500))
    assert tally.examples == {}
    assert set(tally.faults) == {fault.value for fault in Fault if fault is not Fault.NONE}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_random_schedule_breaks_a_job_at_the_boundaries_of_its_groups() -> None:
    assert trials.tried(OURS, range(25), BOUNDARIES).examples == {}


def test_no_random_schedule_breaks_a_job_when_it_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    became: set[str] = set()
    look = sweeper.sweep_one
    monkeypatch.setattr(sweeper, "sweep_one", lambda *wait: became.add(one := look(*wait)) or one)  # type: ignore[func-returns-value]
    assert trials.tried(SWEPT, range(400)).examples == {}
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
    tally = trials.tried(TINY, range(1500))
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


@pytest.mark.parametrize(("name", "seeds"), [(REPORTED, 600), (REPORTED_SWEPT, 200), (REPORTED_TINY, 300)])
def test_no_random_schedule_breaks_a_job_whose_chunks_are_reported(name: str, seeds: int) -> None:
    tally = trials.tried(name, range(seeds))
    assert tally.examples == {}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed", "Timeout"}


def test_every_order_of_requests_breaks_a_heartbeat_that_is_noted_before_its_chunk_is_moved() -> None:
    # Random schedules have a crash between the two once in thousands.
    assert trials.explored(MOVED, HEARD_TOO_EARLY).violations


@pytest.mark.parametrize("name", [*USUAL, *MUTATIONS, *COUNTING, *sorted(REPORTING.keys() - {HEARD_TOO_EARLY})])
def test_the_same_schedules_break_what_is_wrong(name: str) -> None:
    parts = (range(first, first + 100) for first in range(0, 3000, 100))
    found = next(tally for part in parts if (tally := trials.tried(name, part)).violations)
    # What breaks everything proves nothing.
    assert set(found.ends) & {"SUCCEEDED", "ChunksFailed"}
