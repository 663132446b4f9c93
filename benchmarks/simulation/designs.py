"""What becomes of a chunk whose event has come, or that Distributed Map has found: ours, and the alternatives."""

import math
from abc import ABC, abstractmethod
from collections import Counter

from benchmarks.simulation import quotas as q
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Rate
from sfn_callback.fanin.items import GROUP_SIZE

_ITEM = -1
"""The key of the item that all chunks share."""


class Design(ABC):
    """An event invokes a function for each chunk, which works and then records what it has done."""

    name = ""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.lambdas = job.environments()

    def begin(self) -> None:
        """Begin the job."""
        self.job.split(self.written)

    def written(self, chunk: int) -> None:
        """A chunk is there."""
        self.job.loop.at(self.job.loop.now + q.EVENT_SECONDS, self.lambdas.run, self.job.work, chunk, self.record)

    @abstractmethod
    def record(self, chunk: int) -> None:
        """A chunk's result is there: record it, and end with :meth:`recorded`."""

    def recorded(self, last: bool = False) -> None:
        """A chunk has been recorded; ``last`` if that was the last."""
        self.job.done()
        self.lambdas.free()
        if last:
            self.job.resume()


class Bare(Design):
    """Nothing is recorded: what the work alone takes."""

    name = "nothing recorded"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._ended = 0

    def record(self, _: int) -> None:
        """See :class:`Design`."""
        self.counted()

    def counted(self) -> None:
        """A chunk has been counted."""
        self._ended += 1
        self.recorded(last=self._ended == self.job.chunks)


class Ours(Design):
    """Groups of 256, then the job's item."""

    name = "this project"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._groups: Counter[int] = Counter()
        self._full = 0

    def record(self, chunk: int) -> None:
        """See :class:`Design`."""
        group = chunk // GROUP_SIZE
        self.job.loop.at(self.job.partition(group).take() + q.DYNAMODB_SECONDS, self._updated, group)

    def _updated(self, group: int) -> None:
        self._groups[group] += 1
        if self._groups[group] < min(GROUP_SIZE, self.job.chunks - group * GROUP_SIZE):
            self.recorded()
            return
        # The token, and four bytes for each group.
        units = math.ceil((2_150 + 4 * self._full) / 1_024)
        self.job.loop.at(self.job.partition(_ITEM).take(units) + q.DYNAMODB_SECONDS, self._climbed)

    def _climbed(self) -> None:
        self._full += 1
        self.recorded(last=self._full == math.ceil(self.job.chunks / GROUP_SIZE))


class OneCounter(Bare):
    """Each chunk writes the same item."""

    name = "a counter"

    def record(self, _: int) -> None:
        """See :class:`Design`."""
        self.job.loop.at(self.job.partition(_ITEM).take() + q.DYNAMODB_SECONDS, self.counted)


class Transaction(OneCounter):
    """Each chunk writes an item of its own and the same one, at twice the units; then it reads that."""

    name = "a transaction a chunk"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._reads = Rate(job.loop, "one item's reads", q.PARTITION_READS)

    def record(self, chunk: int) -> None:
        """See :class:`Design`."""
        time = max(self.job.partition(chunk).take(2), self.job.partition(_ITEM).take(2))
        self.job.loop.at(time + q.DYNAMODB_SECONDS, self._read)

    def _read(self) -> None:
        self.job.loop.at(self._reads.take() + q.DYNAMODB_SECONDS, self.counted)
