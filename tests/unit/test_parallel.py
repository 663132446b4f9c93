import threading
import time
from collections.abc import Iterator

import pytest

from sfn_callback.parallel import in_order


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(in_order(lambda n: n * n, range(100), 7)) == [n * n for n in range(100)]


def test_items_are_read_as_results_are_taken_and_not_all_at_once() -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        for number in range(10_000):
            read += 1
            yield number

    results = in_order(lambda n: n, items(), 4)
    next(results)
    assert read <= 8
    results.close()  # type: ignore[attr-defined]


def test_calls_run_side_by_side() -> None:
    together = threading.Barrier(4, timeout=10)
    assert len(list(in_order(lambda _: together.wait(), range(4), 4))) == 4


def test_the_error_of_a_call_is_raised() -> None:
    def broken(number: int) -> int:
        if number == 5:
            raise ValueError("five")
        return number

    with pytest.raises(ValueError, match="five"):
        list(in_order(broken, range(1000), 4))


def test_the_error_of_the_items_is_raised_after_the_calls_that_run() -> None:
    done: list[int] = []

    def items() -> Iterator[int]:
        yield from range(3)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(in_order(done.append, items(), 2))
    assert sorted(done) == list(range(len(done)))


def test_no_more_is_under_way_than_weighs_the_most_together() -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def call(weight: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += weight
            most = max(most, under_way)
        time.sleep(0.001)
        with lock:
            under_way -= weight

    list(in_order(call, [3, 5, 2] * 30, 8, lambda weight: weight, 10))
    assert most <= 10


def test_one_that_weighs_more_than_the_most_goes_alone() -> None:
    under_way: set[int] = set()

    def call(weight: int) -> int:
        under_way.add(weight)
        time.sleep(0.01)
        seen = len(under_way)
        under_way.discard(weight)
        return seen

    assert list(in_order(call, [1, 50, 2, 60], 8, lambda weight: weight, 10)) == [1, 1, 1, 1]
