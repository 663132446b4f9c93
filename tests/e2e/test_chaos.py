"""The documents workflow under force, in short: `python -m proof.chaos` is the long form."""

import random

import pytest

from proof.chaos import texts
from proof.chaos.fault_plan import Plan
from proof.chaos.instance import Place
from proof.chaos.run import Load, Report, run
from tests.e2e.conftest import Stack

SEED = random.randrange(1_000_000)


@pytest.fixture(scope="module")
def report(stack: Stack) -> Report:
    chance = random.Random(SEED)
    documents = [texts.write(f"force-{SEED}-{number}.txt", chunks, chance) for number, chunks in enumerate((18, 3, 3))]
    plan = Plan("force", SEED, twice=True, late_seconds=1, throttled=0.08, lost=0.05)
    place = Place(stack.local, "force", stack.instances["force"].outputs)
    return run(place, Load(documents, plan, kills=3, pause_seconds=0.5))


def test_each_kind_of_force_was_applied(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nUnder force (seed {SEED}):", ", ".join(f"{count} {name}" for name, count in report.injected.items()))
    assert report.missed == []


@pytest.mark.parametrize("kind", ["wrong ends", "wrong results", "open orphans", "events given up"])
def test_nothing_goes_wrong_under_force(report: Report, kind: str) -> None:
    assert report.problems[kind] == []
