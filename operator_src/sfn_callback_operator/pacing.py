"""How fast an account is asked: at half of its quotas at most, for everybody in it has the same.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, of most regions: so many requests at once, and
so many more a second.
"""

import threading
import time
from weakref import WeakKeyDictionary

from sfn_callback.aws import clients

_QUOTAS = {"DescribeExecution": (250, 10), "GetExecutionHistory": (400, 20)}
_SHARE = 0.5


class Pace:
    """A bucket that is full at first, and filled again with time."""

    def __init__(self, size: float, per_second: float) -> None:
        self._size, self._per_second = size, per_second
        self._left, self._at = size, time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Take a request out, and wait until there is one."""
        if pause := self._taken():
            time.sleep(pause)

    def _taken(self) -> float:
        """Take a request out; return how many seconds later it may be sent."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._size, self._left + (now - self._at) * self._per_second) - 1
            self._at = now
            return max(0.0, -self._left / self._per_second)


def wait(operation: str) -> None:
    """Wait until there may be another request of that name; the buckets are full for each command."""
    with _lock:
        ours = _paces.setdefault(clients.stepfunctions(), {})
        pace = ours.setdefault(operation, Pace(*(_SHARE * part for part in _QUOTAS[operation])))
    pace.wait()


_lock = threading.Lock()
_paces: WeakKeyDictionary[object, dict[str, Pace]] = WeakKeyDictionary()
"""By the client, which each command makes anew."""
