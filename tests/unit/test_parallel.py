import threading
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
