"""The simulator's short form; ``make prove`` is the long one."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from proof.simulator import exhaustive, trials
from proof.simulator.cases import Case
from proof.simulator.durable import Callbacks
from proof.simulator.durable_mutations import DURABLE_MUTATIONS
from proof.simulator.mutations import COUNTING, MUTATIONS
from proof.simulator.random_schedules import BOUNDARIES, Tally
from proof.simulator.report_mutations import HEARD_TOO_EARLY, LAST_PLACE, REPORTING
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

# Where the first schedule is that breaks what few of them break.
FEW = {
    "failure without the re-check": 1575,
    "the last token counts": 500,
    "a late count takes the place of a newer one": 100,
    "the tokens are closed before the failure is sent": 500,
    "the tokens stay open when the failure is delivered": 200,
    LAST_PLACE: 625,
    "a hand-over that is done again has a callback of its own": 150,
    "a hand-over that has begun is not done again": 350,
}
PART = 25


def tried(name: str, *seeds: range) -> Tally:
    """What becomes of all these schedules."""
    total = Tally()
    for part in seeds:
        total.add(trials.tried(name, part))
    return total


def those_of(*names: str) -> list[range]:
    """The schedules that break what few of them break."""
    return [range(first, first + PART) for first in sorted({FEW[name] for name in names if name in FEW})]


@pytest.mark.parametrize(
    ("case", "states"),
    [(Case(("ok", "ok")), 10_000), (Case(("reject",)), 10_000), (Case(("reject",), tolerated=1), 4_000)],
    ids=str,
)
def test_no_order_of_requests_with_one_fault_anywhere_breaks_a_small_job(case: Case, states: int) -> None:
    explored = trials.explored(case)
    assert explored.states > states
    assert not explored.violations


@pytest.mark.parametrize(("tolerated", "end"), [(0, "ChunksFailed"), (1, "SUCCEEDED")])
def test_no_order_of_requests_breaks_a_job_of_which_a_chunk_fails(
    tolerated: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With a fault anywhere, there are 200 times as many schedules.
    monkeypatch.setattr(exhaustive, "_FAULTS", 0)
    explored = trials.explored(Case(("ok", "ok", "reject"), tolerated=tolerated))
    assert explored.states > 800
    assert {*explored.ends} == {end}
    assert not explored.violations


def test_no_random_schedule_breaks_a_job_and_every_kind_of_fault_is_in_them() -> None:
    tally = tried(OURS, range(500), *those_of(*MUTATIONS))
    assert tally.examples == {}
    assert set(tally.faults) == {fault.value for fault in Fault if fault is not Fault.NONE}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_random_schedule_breaks_a_job_at_the_boundaries_of_its_groups() -> None:
    for size in BOUNDARIES:
        assert trials.tried(OURS, range(2), (size,)).examples == {}


@pytest.mark.parametrize(("name", "seeds"), [(SWEPT, 300), (DURABLE_SWEPT, 200)])
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
    parts = (range(first, first + PART) for first in range(0, 3000, PART))
    assert any(trials.tried(SWEPT, part).violations for part in parts)


def test_no_random_schedule_breaks_a_job_of_many_groups_and_sections() -> None:
    tally = tried(TINY, range(400), *those_of(*COUNTING))
    assert tally.examples == {}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_random_schedule_breaks_a_job_when_quotas_are_used_up() -> None:
    tally = trials.tried(LIMITED, range(300))
    assert tally.examples == {}
    assert tally.refused > 300
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed"}


def test_no_order_of_requests_with_a_crash_anywhere_breaks_a_chunk_that_is_reported() -> None:
    explored = trials.explored(Case(("handed:done",), rounds=1))
    assert explored.states > 1_000
    assert not explored.violations


@pytest.mark.parametrize(("name", "seeds"), [(REPORTED, 175), (REPORTED_SWEPT, 75), (REPORTED_TINY, 75)])
def test_no_random_schedule_breaks_a_job_whose_chunks_are_reported(name: str, seeds: int) -> None:
    tally = tried(name, range(seeds), *those_of(*REPORTING))
    assert tally.examples == {}
    assert set(tally.ends) > {"SUCCEEDED", "ChunksFailed", "Timeout"}


def test_no_order_of_requests_with_one_fault_anywhere_breaks_a_small_job_that_a_durable_function_waits_for() -> None:
    explored = trials.explored(Case(("ok", "ok"), durable=True))
    assert explored.states > 5_000
    assert not explored.violations


@pytest.mark.parametrize(("name", "seeds"), [(DURABLE, 100), (DURABLE_LIMITED, 75), (DURABLE_REPORTED, 75)])
def test_no_random_schedule_breaks_a_job_that_a_durable_function_waits_for(name: str, seeds: int) -> None:
    tally = tried(name, range(seeds), *those_of(*DURABLE_MUTATIONS))
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
    begin, tally = FEW.get(name, 0), Tally()
    for first in range(begin, begin + 3000, PART):
        tally.add(trials.tried(name, range(first, first + PART)))
        # What breaks everything proves nothing.
        if tally.violations and {*tally.ends} & {"SUCCEEDED", "ChunksFailed"}:
            return
    pytest.fail("the schedules are too tame")
