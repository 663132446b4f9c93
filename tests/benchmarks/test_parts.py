"""Documents in parts: what each costs is counted, and the slowest is the job's time."""

import pytest

from benchmarks import parts
from benchmarks.streaming import tasks
from benchmarks.streaming.process import Task, Took


def took(chunks: int, cpu_seconds: float) -> Took:
    requests = {"HeadObject": 1, "GetObject": 1, "PutObject": chunks, "UpdateItem": 2}
    return Took(chunks, "", cpu_seconds, cpu_seconds, 1.0, requests, 0)


def test_a_part_takes_its_round_trips_or_its_processor_where_that_takes_longer() -> None:
    assert parts.seconds(took(240, 0.1)) == pytest.approx((10 + 4) * 0.02)
    assert parts.seconds(took(240, 0.5)) == 0.5


def test_a_job_is_as_slow_as_its_slowest_part() -> None:
    assert parts.a_second([took(240, 0.5), took(240, 2.0)]) == 240


def test_a_chunk_without_a_result_is_redriven_by_one_request() -> None:
    counted = tasks.apart(Task("redrive", storage={"results": 50})).requests
    assert counted == {"ListObjectsV2": 1, "UpdateItem": 2, "Invoke": 50}
