"""AWS's quotas that are filled again with time, by a clock of the test's."""

import time
from collections import defaultdict
from collections.abc import Callable

from botocore.exceptions import ClientError

Clock = Callable[[], float]

SEND_TASK = {"us-east-1": (3_000, 500), "us-west-2": (3_000, 500), "eu-west-1": (3_000, 500)}
SEND_TASK_ELSEWHERE = (1_500, 300)
START_EXECUTION = {"us-east-1": (1_300, 300), "us-west-2": (1_300, 300), "eu-west-1": (1_300, 300)}
START_EXECUTION_ELSEWHERE = (800, 150)
"""How many requests at once, and how many more a second:
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

MAX_ITEM_BYTES = 400 * 1_024
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
ITEM_UNITS = 1_000
"""Write units a second of a partition, and so of an item:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""


class Bucket:
    """A token bucket: full at first, and filled again with so many tokens a second."""

    def __init__(self, size: float, per_second: float, clock: Clock = time.monotonic) -> None:
        self._size, self._per_second, self._clock = size, per_second, clock
        self._left, self._at = size, clock()

    def take(self, count: float = 1) -> bool:
        """Take tokens out; return whether there were so many."""
        now = self._clock()
        self._left = min(self._size, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < count:
            return False
        self._left -= count
        return True


def of_send_task(region: str, clock: Clock = time.monotonic) -> dict[str, Bucket]:
    """Return the buckets of an account's answers, one for each operation."""
    size, per_second = SEND_TASK.get(region, SEND_TASK_ELSEWHERE)
    return {f"SendTask{kind}": Bucket(size, per_second, clock) for kind in ("Success", "Failure", "Heartbeat")}


def of_start_execution(region: str, clock: Clock = time.monotonic, share: float = 1) -> dict[str, Bucket]:
    """Return the bucket of an account's starts, or a share of it."""
    size, per_second = START_EXECUTION.get(region, START_EXECUTION_ELSEWHERE)
    return {"StartExecution": Bucket(share * size, share * per_second, clock)}


class Items:
    """What DynamoDB takes of one item: so many bytes in all, and so many write units a second."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.sizes: dict[str, int] = {}
        self._buckets = defaultdict[str, Bucket](lambda: Bucket(ITEM_UNITS, ITEM_UNITS, clock))

    def write(self, key: str, size: int) -> None:
        """An update makes the item that large.

        Raises:
            ClientError: it is too large, or has been written too often within a second. It is as it was.
        """
        if size > MAX_ITEM_BYTES:
            raise _refused("ValidationException", "Item size to update has exceeded the maximum allowed size")
        units = max(1, -(-max(size, self.sizes.get(key, 0)) // 1_024))
        if not self._buckets[key].take(units):
            raise _refused("ThrottlingException", "Throughput exceeds the current capacity of your table or index.")
        self.sizes[key] = size


def _refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "UpdateItem")
