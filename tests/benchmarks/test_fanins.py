"""The fan-ins that are compared do what they are compared for."""

import pytest

from benchmarks.fanins import cloud, run, s3
from benchmarks.fanins.alternative import TOKEN, Alternative
from benchmarks.fanins.distributed_map import BATCHED, EXPRESS, STANDARD
from benchmarks.fanins.dynamo import Flags, OneCounter, Transaction
from benchmarks.fanins.s3 import GroupedMarkers, Markers
from benchmarks.fanins.this_project import Ours

SAFE = (Ours, Transaction, Flags, Markers, GroupedMarkers)
CHUNKS = 34


def verdicts_after_duplicates(fanin: type[Alternative]) -> list[int]:
    """How many verdicts there have been after each chunk, of which each comes twice."""
    with cloud.metered() as meter, run.silence:
        tried = fanin(run.job(CHUNKS))
        tried.seal(CHUNKS)
        tried.wait(TOKEN)
        counts = []
        for chunk in range(CHUNKS):
            tried.done(chunk)
            tried.done(chunk)
            counts.append(meter.usage.requests["SendTaskSuccess"])
    return counts


@pytest.mark.parametrize("fanin", SAFE)
def test_a_safe_one_is_not_fooled_by_events_that_come_twice(fanin: type[Alternative]) -> None:
    assert fanin.safe
    *before, after = verdicts_after_duplicates(fanin)
    assert set(before) == {0}
    assert after > 0


def test_a_counter_is() -> None:
    assert not OneCounter.safe
    assert 1 in verdicts_after_duplicates(OneCounter)[: CHUNKS - 1]


def test_listings_of_many_pages_are_as_many_requests_as_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PAGE", 10)
    for chunks in (7, 8, 9, 50):
        assert run.on_moto(Markers, [chunks])[chunks] == Markers(run.job(chunks)).expected(chunks)


@pytest.mark.parametrize(
    ("kind", "dollars"), [(STANDARD, 50.0), (EXPRESS, 25 + 1 + 1.04), (BATCHED, 0.25 + 0.01 + 1.04)]
)
def test_distributed_map_is_billed_as_documented(kind: object, dollars: float) -> None:
    assert kind.usage(1_000_000, 1.0).usd() == pytest.approx(dollars, abs=0.01)  # type: ignore[attr-defined]
