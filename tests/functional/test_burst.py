"""A burst of documents starts each of them once, whatever the account's quota, and nothing of it is lost."""

import os
import random
from collections.abc import Callable

import pytest

from sfn_callback.aws import clients, patience
from sfn_callback.handlers import start
from tests.functional import bursts
from tests.functional.bursts import Clock, Poller, Starts, StepFunctions

# A fifth of the burst that docs/failure-handling.md tells of uses up the quota, too.
PROVE = os.environ.get("HYPOTHESIS_PROFILE") == "prove"
BURST = 100_000 if PROVE else 20_000
SHARE = 1 if PROVE else 0.1
"""Of the account's quotas, and of the documents that they are for."""
US, ELSEWHERE = "us-east-1", "eu-central-1"
Run = tuple[StepFunctions, Starts, Poller]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    random.seed(13)
    monkeypatch.setattr(patience, "time", made)
    # A line for each document is most of what they take.
    monkeypatch.setattr("sfn_callback.log.write", lambda *_, **__: None)
    return made


@pytest.fixture
def run(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    def run(documents: int, region: str, latency: float, others_until: float = 0) -> Run:
        machine = StepFunctions(clock, region, latency, others_until)
        monkeypatch.setattr(clients, "stepfunctions", lambda: machine)
        queue = Starts(clock)
        poller = Poller(clock, queue, start.handler)
        bursts.drop(queue, documents, 60)
        poller.drain()
        return machine, queue, poller

    return run


@pytest.mark.prove
@pytest.mark.parametrize(
    ("region", "documents", "latency", "seconds"),
    [
        # By what a request takes: two at a time, and at least half of the quota is left to others.
        (ELSEWHERE, 10_000, 0.030, 150),
        # By the quota, which is used up.
        (US, BURST, 0.005, (BURST - 1_300) / 300),
        (ELSEWHERE, BURST, 0.005, (BURST - 800) / 150),
    ],
)
def test_a_burst_starts_every_document_once_and_leaves_the_account_to_others(
    run: Callable[..., Run], region: str, documents: int, latency: float, seconds: float
) -> None:
    machine, queue, poller = run(documents, region, latency)
    assert machine.keys == {f"documents/{number}.txt" for number in range(documents)}
    assert (len(machine.made), set(machine.made.values())) == (documents, {1})
    assert queue.dead == []
    assert poller.most == bursts.CONCURRENCY == 2
    assert poller.longest < bursts.TIMEOUT_SECONDS
    assert seconds <= machine.last < 1.1 * seconds
    assert (machine.throttled > 0) == (documents == BURST)


def test_documents_outlast_hours_in_which_others_use_up_the_quota(run: Callable[..., Run]) -> None:
    machine, queue, poller = run(100, ELSEWHERE, 0.030, others_until=3.8 * 3_600)
    assert (len(machine.made), queue.dead) == (100, [])
    # One request of each batch is patient, and the other nine go back at once.
    assert poller.longest < 30


@pytest.mark.prove
@pytest.mark.parametrize(("documents", "concurrency", "loses"), [(15_000, 1_000, False), (34_000, 10_000, True)])
def test_without_the_queue_a_burst_takes_the_accounts_concurrency_and_documents_are_lost(
    clock: Clock, documents: int, concurrency: int, loses: bool
) -> None:
    machine = StepFunctions(clock, ELSEWHERE, 0.030, share=SHARE)
    lost, most = bursts.drop_without_a_queue(clock, machine, int(SHARE * documents), int(SHARE * concurrency))
    assert most == SHARE * concurrency
    assert (lost > SHARE * 100) == loses
