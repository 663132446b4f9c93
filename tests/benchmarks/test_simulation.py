"""The event loop keeps its limits, and designs end where arithmetic says that they must."""

from dataclasses import replace

import pytest

from benchmarks.simulation import quotas as q
from benchmarks.simulation.designs import Bare, Design, OneCounter, Ours, Transaction
from benchmarks.simulation.functions import Merger, Splitter
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Environments, Loop, Rate
from benchmarks.simulation.maps import BatchedMap, ExpressMap, StandardMap
from benchmarks.simulation.markers import GroupedMarkers, Markers
from benchmarks.simulation.parts import InParts, Unrecorded
from benchmarks.simulation.quotas import DEFAULT, RAISED

DESIGNS = (
    Bare,
    Ours,
    InParts,
    Unrecorded,
    OneCounter,
    Transaction,
    Markers,
    GroupedMarkers,
    StandardMap,
    ExpressMap,
    BatchedMap,
)


def ended(design: type[Design], chunks: int, quotas: q.Quotas = RAISED) -> Job:
    job = Job(chunks, quotas)
    design(job).begin()
    job.loop.run()
    return job


def resumed(design: type[Design], chunks: int) -> tuple[float, str]:
    job = ended(design, chunks)
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


@pytest.mark.parametrize(("design", "a_second"), [(StandardMap, 100), (ExpressMap, 1_000)])
def test_a_map_run_starts_so_many_children_a_second(design: type[Design], a_second: int) -> None:
    seconds, bottleneck = resumed(design, 10_000)
    assert seconds == pytest.approx(10_000 / a_second, abs=3)
    assert bottleneck == "the Map Run's starts"


def test_one_function_splits_and_merges_as_fast_as_its_processor() -> None:
    job = ended(Ours, 10_000)
    assert job.longest["split"] == pytest.approx(10_000 * q.SPLIT_CPU, rel=0.01)
    assert job.longest["merge"] == pytest.approx(10_000 * q.MERGE_CPU, rel=0.01)
    assert job.resumed_at > sum(job.longest.values())


def test_64_functions_split_and_merge_64_times_as_fast() -> None:
    job = ended(InParts, 25_600)
    assert job.longest["split"] == pytest.approx(400 * q.SPLIT_CPU, rel=0.05)
    assert job.longest["merge"] == pytest.approx(400 * q.MERGE_CPU, rel=0.05)


def test_a_part_has_the_chunks_that_its_function_writes() -> None:
    parts = InParts(Job(1_001, RAISED))
    assert [parts.part_of(chunk) for number in range(64) for chunk in parts.chunks_of(number)] == [
        number for number in range(64) for _ in parts.chunks_of(number)
    ]


@pytest.mark.parametrize("name", ["split", "merge"])
def test_a_function_that_needs_more_than_15_minutes_fails_the_job(name: str) -> None:
    job, then = Job(q.most_chunks(q.FUNCTION_MB, q.SPLIT_CPU) + 2_000, RAISED), lambda: pytest.fail("it has ended")
    job.gets = Rate(job.loop, "as many as anybody likes", 1e9, 1e9)
    function = (
        Splitter(job, range(job.chunks), lambda _: None, then) if name == "split" else Merger(job, job.chunks * 2, then)
    )
    function.begin()
    job.loop.run()
    assert job.out_of_time == name
    assert job.longest[name] == pytest.approx(900, abs=2)


def test_what_s3_refuses_is_tried_again_until_it_is_there_and_is_counted() -> None:
    job, written = Job(5_000, DEFAULT), list[float]()
    for _ in range(5_000):
        job.put(lambda: written.append(job.loop.now))
    job.loop.run()
    assert len(written) == 5_000
    assert job.slow_downs >= 1_500 > job.given_up == 0
    assert sorted(written)[3_400] <= 1.5 * q.S3_SECONDS < sorted(written)[3_700]


@pytest.mark.parametrize(("parts", "some"), [(DEFAULT.parts, False), (2 * q.PARTS, True)])
def test_more_parts_than_s3_has_writes_for_have_requests_that_give_up(parts: int, *, some: bool) -> None:
    assert bool(ended(InParts, 80_000, replace(DEFAULT, parts=parts)).given_up) == some


def test_who_hurries_is_before_all_who_wait() -> None:
    loop, begun = Loop(), list[str]()
    places = Environments(loop, Rate(loop, "ramp", a_second=1, at_once=1), most=1)

    def run(name: str) -> None:
        begun.append(name)
        loop.at(loop.now + 1, places.free)

    for name in ("first", "second"):
        places.run(run, name)
    places.hurry(run, "last")
    loop.run()
    assert begun == ["last", "first", "second"]


def test_elsewhere_parts_meet_no_other_limit() -> None:
    elsewhere = ended(InParts, 10_000, replace(RAISED, region=q.OTHER))
    assert elsewhere.resumed_at == pytest.approx(ended(InParts, 10_000).resumed_at, rel=0.01)


def test_the_same_job_ends_at_the_same_time() -> None:
    first, second = ended(InParts, 10_000, DEFAULT), ended(InParts, 10_000, DEFAULT)
    assert first.slow_downs > 0
    assert (first.resumed_at, first.slow_downs, first.curve) == (second.resumed_at, second.slow_downs, second.curve)
