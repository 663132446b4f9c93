"""The event loop keeps its limits, and designs end where arithmetic says that they must."""

import pytest

from benchmarks.simulation.designs import Bare, Design, OneCounter, Ours, Transaction
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Environments, Loop, Rate
from benchmarks.simulation.maps import BatchedMap, ExpressMap, StandardMap
from benchmarks.simulation.markers import GroupedMarkers, Markers
from benchmarks.simulation.quotas import RAISED

DESIGNS = (Bare, Ours, OneCounter, Transaction, Markers, GroupedMarkers, StandardMap, ExpressMap, BatchedMap)


def resumed(design: type[Design], chunks: int) -> tuple[float, str]:
    job = Job(chunks, RAISED)
    design(job).begin()
    job.loop.run()
    return job.resumed_at, job.bottleneck()


def test_a_rate_gives_what_is_there_at_once_and_then_its_share() -> None:
    rate = Rate(Loop(), "r", a_second=10, at_once=3)
    assert [rate.take() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])


def test_a_rate_that_was_left_alone_has_no_more_than_before() -> None:
    loop = Loop()
    rate = Rate(loop, "r", a_second=10, at_once=2)
    rate.take(2)
    taken: list[float] = []
    loop.at(100, lambda: taken.extend(rate.take() for _ in range(3)))
    loop.run()
    assert taken == pytest.approx([100, 100, 100.1])


def test_environments_grow_are_used_again_and_have_a_most() -> None:
    loop = Loop()
    places = Environments(loop, Rate(loop, "ramp", a_second=1, at_once=1), most=2, cold_seconds=0.5)
    begun: list[float] = []

    def run() -> None:
        begun.append(loop.now)
        loop.at(loop.now + 10, places.free)

    for _ in range(4):
        places.run(run)
    loop.run()
    assert begun == pytest.approx([0.5, 1.5, 10.5, 11.5])


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("chunks", [1, 257, 1_000])
def test_every_design_resumes_once_whatever_the_size(design: type[Design], chunks: int) -> None:
    seconds, _ = resumed(design, chunks)
    assert seconds > 1


def test_one_item_takes_a_thousand_writes_a_second_and_half_of_it_in_transactions() -> None:
    for design, a_second in ((OneCounter, 1_000), (Transaction, 500)):
        seconds, bottleneck = resumed(design, 10_000)
        assert seconds == pytest.approx(10_000 / a_second, abs=3)
        assert bottleneck == "one item"


def test_a_standard_map_starts_three_hundred_children_a_second() -> None:
    seconds, bottleneck = resumed(StandardMap, 10_000)
    assert seconds == pytest.approx((10_000 - 1_300) / 300, abs=3)
    assert bottleneck == "StartExecution"
