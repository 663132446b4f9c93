"""Parallel calls, with a limit on how many run at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    call: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    weigh: Callable[[Item], int] = lambda _: 0,
    most: int = 0,
) -> Iterator[Result]:
    """Yield ``call(item)`` for each item, in order, from a pool of ``workers`` threads.

    ``items`` is read as results are taken, at most ``2·workers`` ahead, and only as far as all that are on their way
    weigh at most ``most`` together, or there is one: so memory is bounded however many there are, and however large.
    The first error, of a call or of ``items``, is raised, after the calls that are under way have ended.
    """
    # Imported here because few handlers make many calls.
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[Future[Result], int]] = deque()
        weight = 0
        try:
            for item in items:
                weight += weigh(item)
                while waiting and weight > most:
                    weight -= waiting[0][1]
                    yield waiting.popleft()[0].result()
                waiting.append((pool.submit(call, item), weigh(item)))
                if len(waiting) >= 2 * workers:
                    weight -= waiting[0][1]
                    yield waiting.popleft()[0].result()
            while waiting:
                yield waiting.popleft()[0].result()
        finally:
            for call_not_begun, _ in waiting:
                call_not_begun.cancel()
