import math
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import errors
from sfn_callback.aws import clients
from sfn_callback.fanin import protocol, verdict
from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group
from sfn_callback.fanin.verdict import MAX_TOLERATED
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import Delivery
from testing.memory_ledger import MemoryLedger
from testing.task_tokens import FakeStepFunctions
from tests.conftest import examples

JOB = "job"
TOKEN = "token-of-the-wait"


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


def await_chunks(ledger: MemoryLedger, machine: FakeStepFunctions, total: int, tolerated: int = 0) -> None:
    """A machine waits for so many chunks."""
    protocol.seal(ledger, JOB, total, tolerated)
    protocol.wait(ledger, JOB, machine.wait(TOKEN))


def test_chunks_that_end_before_the_machine_waits_are_not_forgotten(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    protocol.chunk_done(ledger, JOB, 0)
    await_chunks(ledger, machine, total=1)
    assert machine.verdicts == [(TOKEN, "success", {"done": 1, "failed": 0})]


def test_a_fan_in_over_nothing_is_complete_at_once(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    await_chunks(ledger, machine, total=0)
    assert machine.verdicts == [(TOKEN, "success", {"done": 0, "failed": 0})]


def test_the_first_failure_fails_the_machine_at_once(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    await_chunks(ledger, machine, total=100)
    protocol.chunk_failed(ledger, JOB, 7, "chunk 7: it burnt")
    (token, kind, sent) = machine.verdicts[0]
    assert (token, kind, sent["error"]) == (TOKEN, "failure", verdict.FAILURE)
    assert "1 of 100" in sent["cause"]
    assert "it burnt" in sent["cause"]


def test_many_that_have_failed_at_once_fail_the_machine_with_the_first_reason(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    await_chunks(ledger, machine, total=600, tolerated=299)
    told = protocol.chunks_failed(ledger, JOB, {slot: f"chunk {slot}" for slot in range(300)})
    assert next(told) == 256
    assert not machine.verdicts
    assert [*told] == [44]
    ((_, kind, verdict),) = machine.verdicts
    assert (kind, "chunk 0" in verdict["cause"]) == ("failure", True), verdict


def test_many_that_have_failed_at_once_complete_a_fan_in_that_tolerates_them(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    await_chunks(ledger, machine, total=300, tolerated=300)
    for slot in range(290, 300):
        protocol.chunk_done(ledger, JOB, slot)
    [*protocol.chunks_failed(ledger, JOB, {slot: f"chunk {slot}" for slot in range(295)})]
    assert [(kind, said) for _, kind, said in machine.verdicts] == [("success", {"done": 10, "failed": 290})]


def test_a_chunk_has_one_outcome_the_first(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    protocol.chunk_done(ledger, JOB, 0)
    protocol.chunk_failed(ledger, JOB, 0, "the destination came late")
    await_chunks(ledger, machine, total=1)
    assert machine.verdicts == [(TOKEN, "success", {"done": 1, "failed": 0})]


def test_a_late_event_of_a_resumed_machine_changes_nothing(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    await_chunks(ledger, machine, total=1)
    protocol.chunk_done(ledger, JOB, 0)
    assert protocol.chunk_done(ledger, JOB, 0) is Delivery.ALREADY_CLOSED
    assert len(machine.verdicts) == 1


def test_a_stray_slot_beyond_the_total_does_not_block(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    an_object_that_somebody_put_there_by_hand = 200
    protocol.chunk_done(ledger, JOB, an_object_that_somebody_put_there_by_hand)
    await_chunks(ledger, machine, total=2)
    protocol.chunk_done(ledger, JOB, 0)
    protocol.chunk_done(ledger, JOB, 1)
    assert machine.verdicts == [(TOKEN, "success", {"done": 2, "failed": 0})]


def test_a_verdict_that_cannot_be_sent_now_is_raised_so_that_the_event_comes_again(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    await_chunks(ledger, machine, total=1)
    machine.refusals = ["ServiceUnavailable"]
    with pytest.raises(errors.ResumeUnavailable):
        protocol.chunk_done(ledger, JOB, 0)
    assert protocol.chunk_done(ledger, JOB, 0) is Delivery.ACCEPTED


def test_a_verdict_that_can_never_be_sent_is_logged_and_not_raised(
    ledger: MemoryLedger, machine: FakeStepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    await_chunks(ledger, machine, total=1)
    machine.refusals = ["InvalidToken"]
    assert protocol.chunk_done(ledger, JOB, 0) is None
    assert LogEvent.VERDICT_NOT_DELIVERED in capsys.readouterr().out


@pytest.mark.parametrize("handed_over", [("closed", "open"), ("open", "closed")])
def test_of_the_tokens_of_all_attempts_the_open_one_is_answered(
    ledger: MemoryLedger, machine: FakeStepFunctions, handed_over: tuple[str, str]
) -> None:
    machine.wait("closed")
    machine.time_out("closed")
    machine.wait("open")
    protocol.seal(ledger, JOB, total=1, tolerated=0)
    for token in handed_over:
        protocol.wait(ledger, JOB, token)
    assert protocol.chunk_done(ledger, JOB, 0) is Delivery.ACCEPTED
    assert [token for token, _, _ in machine.verdicts] == ["open"]


def test_a_token_that_cannot_be_answered_now_does_not_keep_the_others_from_it(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    protocol.seal(ledger, JOB, total=1, tolerated=0)
    protocol.wait(ledger, JOB, machine.wait("a"))
    protocol.wait(ledger, JOB, machine.wait("b"))
    machine.refusals = ["ServiceUnavailable"]
    assert protocol.chunk_done(ledger, JOB, 0) is Delivery.ACCEPTED
    assert [token for token, _, _ in machine.verdicts] == ["b"]


@pytest.mark.parametrize("total", [1, 255, 256, 257, 512, 513])
def test_every_group_boundary_is_complete_with_its_last_chunk_and_not_before(
    ledger: MemoryLedger, machine: FakeStepFunctions, total: int
) -> None:
    protocol.wait(ledger, JOB, machine.wait(TOKEN))
    protocol.seal(ledger, JOB, total, tolerated=0)
    for slot in range(total - 1):
        assert protocol.chunk_done(ledger, JOB, slot) is None
    assert protocol.chunk_done(ledger, JOB, total - 1) is Delivery.ACCEPTED


def test_a_chunk_costs_one_request_until_its_group_is_full(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    requests = 0

    def count() -> None:
        nonlocal requests
        requests += 1

    ledger.before = count
    for slot in range(GROUP_SIZE * 4):
        protocol.chunk_done(ledger, JOB, slot)
    assert requests == GROUP_SIZE * 4 + 4


@pytest.mark.parametrize(
    ("total", "count", "percentage", "expected"),
    [
        (1000, None, None, 0),
        (1000, 5, None, 5),
        (1000, None, 1.5, 15),
        (1000, 20, 1.5, 15),
        (1000, 5, 50, 5),
        (10, None, 25, 2),
        (10_000_000, None, 50, MAX_TOLERATED),
    ],
)
def test_the_smaller_tolerance_counts(total: int, count: int | None, percentage: float | None, expected: int) -> None:
    assert verdict.tolerated_slots(total, count, percentage) == expected


def test_a_group_is_full_by_its_own_slots_only() -> None:
    assert Group(0, done=frozenset({0, 1}), size=2).full
    assert not Group(0, done=frozenset({0, 2}), size=2).full
    assert Group(1, done=frozenset(range(256, 512))).full
    assert not Group(1, done=frozenset(range(256))).full


def test_the_token_is_not_in_the_representation() -> None:
    assert TOKEN not in repr(FanIn(JOB, tokens=frozenset({TOKEN})))


def test_a_done_chunk_whose_processor_died_before_its_check_is_healed_by_the_failure_report(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    await_chunks(ledger, machine, total=1)
    ledger.mark_done(JOB, 0)
    protocol.chunk_failed(ledger, JOB, 0, "the processor died")
    assert machine.verdicts == [(TOKEN, "success", {"done": 1, "failed": 0})]


def test_a_failed_chunk_whose_report_died_before_its_climb_is_healed_by_a_late_attempt(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    await_chunks(ledger, machine, total=1)
    ledger.mark_failed(JOB, 0, "no")
    protocol.chunk_done(ledger, JOB, 0)
    assert machine.verdicts[0][1] == "failure"


def test_sealing_fails_a_machine_that_waits_already_for_what_cannot_succeed(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    protocol.wait(ledger, JOB, machine.wait(TOKEN))
    protocol.chunk_failed(ledger, JOB, 0, "no")
    protocol.seal(ledger, JOB, total=3, tolerated=0)
    assert machine.verdicts[0][1] == "failure"


def test_a_stray_full_group_stands_for_none_of_ours(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    await_chunks(ledger, machine, total=300)
    ledger.climb(JOB, Group(7, done=frozenset(range(7 * 256, 8 * 256))))
    for slot in range(256):
        protocol.chunk_done(ledger, JOB, slot)
    assert machine.verdicts == []


def test_a_failure_that_reaches_the_top_with_another_chunks_climb_counts(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    await_chunks(ledger, machine, total=2)
    ledger.mark_failed(JOB, 0, "it burnt")
    protocol.chunk_done(ledger, JOB, 1)
    # Why, who marked it would have said; the report of the failure says it all the same.
    assert machine.verdicts[0][2]["cause"] == f"1 of 2 chunks failed, 0 tolerated (fan-in {JOB})."


def failing(
    ledger: MemoryLedger, machine: FakeStepFunctions, slots: Iterable[int], total: int, tolerated: int
) -> list[int]:
    """Have slots fail, one after the other; return at which of them the machine was resumed."""
    await_chunks(ledger, machine, total, tolerated)
    before = 0
    resumed: list[int] = []
    for count, slot in enumerate(slots, 1):
        protocol.chunk_failed(ledger, JOB, slot, f"chunk {slot}")
        if len(machine.verdicts) > before:
            before, resumed = len(machine.verdicts), [*resumed, count]
    return resumed


SPREAD = {
    "in one group": range(256),
    "over the groups of a section": [256 * (slot % 64) + slot // 64 for slot in range(512)],
    "over sections": [256 * 64 * (slot % 8) + slot // 8 for slot in range(512)],
}


@pytest.mark.parametrize("tolerated", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("slots", SPREAD.values(), ids=SPREAD)
def test_the_first_failure_too_many_is_the_verdict_wherever_the_failures_are(
    ledger: MemoryLedger, machine: FakeStepFunctions, slots: Iterable[int], tolerated: int
) -> None:
    assert failing(ledger, machine, slots, 1_000_000, tolerated) == [tolerated + 1]
    assert f"{tolerated + 1} of 1000000 chunks failed" in machine.verdicts[0][2]["cause"]


@given(st.integers(101, 3_000), st.integers(1, 64), st.integers(1, 5))
@examples(20)
def test_with_a_large_tolerance_the_verdict_comes_before_the_failures_are_a_third_more(
    tolerated: int, groups: int, sections: int
) -> None:
    ledger, machine = MemoryLedger(), FakeStepFunctions()
    places = [
        (slot, group + 64 * section) for slot in range(256) for group in range(groups) for section in range(sections)
    ]
    most = math.ceil((tolerated + 1) * 64 / 49)
    slots = (256 * group + slot for slot, group in places[: most + 1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients, "stepfunctions", lambda: machine)
        resumed = failing(ledger, machine, slots, 1_000_000, tolerated)
    assert not resumed or tolerated < resumed[0] <= most
    assert resumed or len(places) <= most


@given(st.integers(0, 300), st.integers(0, 300), st.randoms(use_true_random=False))
@examples(20)
def test_whatever_is_tolerated_is_exact_when_all_have_a_outcome(tolerated: int, failed: int, chance: Random) -> None:
    ledger, machine = MemoryLedger(), FakeStepFunctions()
    slots = list(range(600))
    chance.shuffle(slots)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients, "stepfunctions", lambda: machine)
        protocol.wait(ledger, JOB, machine.wait(TOKEN))
        protocol.seal(ledger, JOB, 600, tolerated)
        for place, slot in enumerate(slots):
            record = protocol.chunk_failed if place < failed else protocol.chunk_done
            record(ledger, JOB, slot, *(["no"] if place < failed else []))
    assert [kind for _, kind, _ in machine.verdicts] == ["failure" if failed > tolerated else "success"]
    assert failed > tolerated or machine.verdicts[0][2] == {"done": 600 - failed, "failed": failed}


def test_once_a_machine_was_failed_no_further_failure_asks_for_its_token(
    ledger: MemoryLedger, machine: FakeStepFunctions
) -> None:
    assert failing(ledger, machine, range(1_000), 10_000, 0) == [1]
    assert machine.calls == 1


def test_a_token_that_comes_after_the_verdict_is_answered_too(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    failing(ledger, machine, [0], 10, 0)
    protocol.wait(ledger, JOB, machine.wait("the next attempt's"))
    assert [token for token, _, _ in machine.verdicts] == [TOKEN, "the next attempt's"]


def test_a_failure_that_cannot_be_sent_is_no_error_once_somebody_else_has_sent_it(
    ledger: MemoryLedger, machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await_chunks(ledger, machine, total=10)
    ledger.mark_failed(JOB, 0, "no")
    machine.refusals = ["ThrottlingException"]
    monkeypatch.setattr(ledger, "again", lambda name: replace(ledger.look(name), closed=1))
    assert protocol.chunk_failed(ledger, JOB, 0, "no") is None


def test_a_failure_that_nobody_could_send_comes_again(ledger: MemoryLedger, machine: FakeStepFunctions) -> None:
    await_chunks(ledger, machine, total=10)
    machine.refusals = ["ThrottlingException"]
    with pytest.raises(errors.ResumeUnavailable):
        protocol.chunk_failed(ledger, JOB, 0, "no")
    assert protocol.chunk_failed(ledger, JOB, 0, "no") is Delivery.ACCEPTED


@pytest.mark.parametrize("late", [["late"], ["late", "newest"]])
@pytest.mark.parametrize("reason", [None, "OutOfInk"])
def test_a_report_counts_in_every_round_that_its_slot_was_moved_to_in_whatever_order(
    ledger: MemoryLedger, machine: FakeStepFunctions, late: list[str], reason: str | None
) -> None:
    # The event of a round that was given up comes after that of the round that is waited for.
    for round_ in ("newest", *late):
        ledger.move(JOB, 0, round_, 0)
        protocol.seal(ledger, round_, 1, 1)
    protocol.wait(ledger, "newest", machine.wait(TOKEN))
    protocol.report(ledger, JOB, 0, reason)
    assert [(token, kind) for token, kind, _ in machine.verdicts] == [(TOKEN, "success")]
    assert ledger.mark_done("late", 0).failed == (frozenset({0}) if reason else frozenset())


@pytest.mark.parametrize("reason", [None, "OutOfInk"])
def test_a_report_goes_once_round_where_places_were_moved_to_one_another(
    ledger: MemoryLedger, machine: FakeStepFunctions, reason: str | None
) -> None:
    # A chunk that was handed on in two rounds is heard of by both tokens in turn, and events of both come twice.
    for fanin, to in ((JOB, "b"), ("b", "c"), ("c", "b"), ("c", JOB)):
        ledger.move(fanin, 0, to, 0)
    assert protocol.report(ledger, JOB, 0, reason).number == 0
    outcomes = [ledger.those_of(name, [0])[0] for name in (JOB, "b", "c")]
    assert [0 in (one.failed if reason else one.done) for one in outcomes] == [True] * 3


@given(st.integers(0, 4_000_000), st.integers(0, 1_000))
def test_a_share_that_equals_the_percentage_is_tolerated(total: int, tenths: int) -> None:
    exactly = Fraction(total) * Fraction(tenths, 1_000)
    assert verdict.tolerated_slots(total, None, tenths / 10) == min(math.floor(exactly), MAX_TOLERATED)


@pytest.mark.parametrize(("total", "percentage", "tolerated"), [(500, 64.6, 323), (1_000, 1e-7, 0), (10_000, 0.01, 1)])
def test_a_percentage_is_that_of_its_digits(total: int, percentage: float, tolerated: int) -> None:
    assert verdict.tolerated_slots(total, None, percentage) == tolerated
