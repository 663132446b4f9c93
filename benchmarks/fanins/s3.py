"""On S3: an object marks a chunk, and whoever has written one lists them. Listings are consistent."""

from collections import Counter
from collections.abc import Iterable

from benchmarks.billing.prices import Usage
from benchmarks.fanins.alternative import Alternative, Counted
from sfn_callback.aws import clients
from testing.environment import BUCKET

PAGE = 1_000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""


class Markers(Alternative):
    """A marker for each chunk, beside one that says how many there are, and the token. All are listed each time."""

    name = "S3 markers, all listed"

    def seal(self, total: int) -> None:
        """See :class:`Alternative`."""
        _put(f"{self.job}/top/total={total}")
        self._check()

    def wait(self, token: str) -> None:
        """See :class:`Alternative`."""
        _put(f"{self.job}/top/token", token)
        self._check()

    def done(self, slot: int) -> None:
        """See :class:`Alternative`."""
        self._mark(slot)

    def expected(self, chunks: int) -> Counted:
        """See :class:`Alternative`."""
        lists = 2 + _pages(range(3, chunks + 3))
        requests = Counter(PutObject=chunks + 2, ListObjectsV2=lists, GetObject=1, SendTaskSuccess=1)
        return Counted(Usage(requests), last=1 + _pages([chunks + 2]) + 2)

    def _mark(self, number: int) -> None:
        _put(f"{self.job}/top/{number}")
        self._check()

    def _check(self) -> None:
        names = _list(f"{self.job}/top/")
        if "token" in names and f"total={self._markers(len(names) - 2)}" in names:
            token = clients.s3().get_object(Bucket=BUCKET, Key=f"{self.job}/top/token")["Body"].read()
            self.resume(token.decode())

    def _markers(self, count: int) -> int:
        return count


class GroupedMarkers(Markers):
    """The same in groups of 32: who finds a group full marks the group, and lists those."""

    name = "S3 markers, in groups of 32"
    _size = 32

    def seal(self, total: int) -> None:
        """See :class:`Alternative`."""
        groups = -(-total // self._size)
        tail = groups - 1
        _put(f"{self._prefix(tail)}size={total - tail * self._size}")
        super().seal(groups)
        self._climb(tail)

    def done(self, slot: int) -> None:
        """See :class:`Alternative`."""
        group = slot // self._size
        _put(f"{self._prefix(group)}{slot}")
        self._climb(group)

    def expected(self, chunks: int) -> Counted:
        """See :class:`Alternative`."""
        groups = -(-chunks // self._size)
        lists = chunks + 3 + _pages(range(3, groups + 3))
        requests = Counter(PutObject=chunks + groups + 3, ListObjectsV2=lists, GetObject=1, SendTaskSuccess=1)
        return Counted(Usage(requests), last=3 + _pages([groups + 2]) + 2)

    def _climb(self, group: int) -> None:
        names = _list(self._prefix(group))
        known = next((int(name.partition("=")[2]) for name in names if name.startswith("size=")), None)
        if len(names) - (known is not None) == (known or self._size):
            self._mark(group)

    def _prefix(self, group: int) -> str:
        return f"{self.job}/groups/{group}/"


def _put(key: str, body: str = "") -> None:
    clients.s3().put_object(Bucket=BUCKET, Key=key, Body=body.encode())


def _list(prefix: str) -> list[str]:
    listing = clients.s3().get_paginator("list_objects_v2")
    pages = listing.paginate(Bucket=BUCKET, Prefix=prefix, PaginationConfig={"PageSize": PAGE})
    return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())]


def _pages(counts: Iterable[int]) -> int:
    return sum(-(-count // PAGE) for count in counts)
