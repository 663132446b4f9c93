"""What becomes of a chunk where objects of S3 mark what is done, and are listed."""

import math
from collections import Counter

from benchmarks.simulation import quotas as q
from benchmarks.simulation.designs import Bare, Design
from benchmarks.simulation.job import Job

_PAGE = 1_000
_MARKED = 32


class Markers(Bare):
    """Each chunk writes a marker and lists all that are there, page after page."""

    name = "S3 markers, all listed"
    split_cpu = q.SPLIT_CPU

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._marked = 0

    def record(self, _: int) -> None:
        """See :class:`Design`."""
        self.job.put(self._list)

    def _list(self) -> None:
        self._marked += 1
        pages = math.ceil((self._marked + 2) / _PAGE)
        self.job.loop.at(self.job.gets.take(pages) + pages * q.S3_SECONDS, self.counted)


class GroupedMarkers(Design):
    """Each chunk writes a marker and lists those of its group; the last of a group does the same with the groups."""

    name = "S3 markers, in groups of 32"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._groups: Counter[int] = Counter()
        self._full = 0

    def record(self, chunk: int) -> None:
        """See :class:`Design`."""
        self.job.put(self._list, chunk // _MARKED)

    def _list(self, group: int) -> None:
        self.job.loop.at(self.job.gets.take() + q.S3_SECONDS, self._listed, group)

    def _listed(self, group: int) -> None:
        self._groups[group] += 1
        if self._groups[group] < min(_MARKED, self.job.chunks - group * _MARKED):
            self.recorded()
        else:
            self.job.put(self._list_groups)

    def _list_groups(self) -> None:
        self._full += 1
        pages = math.ceil((self._full + 2) / _PAGE)
        last = self._full == math.ceil(self.job.chunks / _MARKED)
        self.job.loop.at(self.job.gets.take(pages) + pages * q.S3_SECONDS, self.recorded, last)
