"""Many calls at once, few in flight."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(call: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """Yield ``call(item)`` for each item, in order, from a pool of ``workers`` threads.

    ``items`` is read as results are taken, at most ``2·workers`` ahead, so memory is bounded however many there
    are. The first error, of a call or of ``items``, is raised, after the calls that are under way have ended.
    """
    # Imported here because few handlers make many calls.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(call, item))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for call_not_begun in waiting:
                call_not_begun.cancel()
