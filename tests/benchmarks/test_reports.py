"""Chunks that are finished elsewhere: what each door's reports cost is counted."""

import pytest

from benchmarks import reports


def test_a_queues_batches_have_a_hundred_messages() -> None:
    sizes = [len(event["Records"]) for event in reports.by_queue([{}] * 250)]
    assert sizes == [100, 100, 50]


@pytest.mark.parametrize("door", [reports.by_topic, reports.by_invocation, reports.by_url])
def test_every_other_door_is_an_invocation_a_report(door: reports.Door) -> None:
    one = reports.count(door, lambda _job, _chunk: {"result": ""}, 3)
    assert (one.invocations, one.a_chunk("PutObject")) == (3, 1)


def test_reports_that_are_not_taken_are_not_counted() -> None:
    with pytest.raises(AssertionError, match="not taken"):
        reports.count(reports.by_queue, lambda _job, _chunk: {"result": 1}, 3)
