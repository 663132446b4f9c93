"""The request rate: at most half of the account's quotas, which everybody in it shares."""

import threading
import time
from typing import Any

_CONTROL_PLANE = "lambda"
_QUOTAS = {
    # In most regions: the bucket's size, and its refill per second.
    # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    "stepfunctions.DescribeExecution": (250, 10),
    "stepfunctions.GetExecutionHistory": (400, 20),
    # The quota of the regions with the lowest: https://docs.aws.amazon.com/general/latest/gr/cwl_region.html
    "logs.FilterLogEvents": (5, 5),
    # All requests except invocations and those with their own quota share one:
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
    "lambda.GetPolicy": (15, 15),
    _CONTROL_PLANE: (15, 15),
}
_NOT_SHARED = ("Invoke", "GetFunction", "GetPolicy")
SHARE = 0.5


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


class Paces:
    """The buckets of a command, by what has a quota."""

    def __init__(self) -> None:
        self._of: dict[str, Pace] = {}
        self._lock = threading.Lock()

    def wait(self, *, model: Any, **_: object) -> None:
        """Wait until there may be another request of that operation.

        It is a handler of the event ``before-call``, which botocore emits once for a request, however often it is tried
        (``botocore/client.py``): https://docs.aws.amazon.com/botocore/latest/topics/events.html
        """
        name = _counted_as(model.service_model.service_name, model.name)
        if name not in _QUOTAS:
            return
        with self._lock:
            pace = self._of.setdefault(name, Pace(*(SHARE * part for part in _QUOTAS[name])))
        pace.wait()


def _counted_as(service: str, operation: str) -> str:
    """Return the name of the quota that a request counts against."""
    shared = service == "lambda" and operation not in _NOT_SHARED
    return _CONTROL_PLANE if shared else f"{service}.{operation}"
