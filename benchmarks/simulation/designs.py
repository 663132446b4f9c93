"""What becomes of a chunk whose event has come, or that Distributed Map has found: ours, and the alternatives."""

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable

from benchmarks.simulation import quotas as q
from benchmarks.simulation.functions import Merger, Splitter
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Rate
from sfn_callback.fanin.items import GROUP_SIZE

_ITEM = -1
"""The key of the item that all chunks share."""


class Design(ABC):
    """An event invokes a function for each chunk, which works and then records what it has done."""

    name = ""
    splitters = 0
    """Functions that split; 0 are as many as the account runs parts at a time."""
    split_cpu: float = q.SPLIT_CPU

    def __init__(self, job: Job) -> None:
        self.job = job
        self.lambdas = job.environments()
        self.splitters = min(self.splitters or job.quotas.parts, job.chunks)

    def begin(self) -> None:
        """Begin the job: each of its splitters writes as many of the chunks."""
        for number in range(self.splitters):
            self.split(number, self.lambdas.free)

    def split(self, number: int, then: Callable[[], None]) -> None:
        """Have one of the splitters write its chunks."""
        splitter = Splitter(self.job, self.chunks_of(number), self.written, then, self.split_cpu)
        self.lambdas.run(splitter.begin)

    def chunks_of(self, number: int) -> range:
        """Return the chunks that one of the splitters writes."""
        return range(*(self.job.chunks * at // self.splitters for at in (number, number + 1)))

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
    # No function of ours is as fast: this is what no splitter, and no fan-in, is faster than.
    split_cpu = 0.0

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


class FanIn:
    """Groups of 256, then the item of a job that has these chunks; ``then`` is called when all are recorded."""

    def __init__(self, design: Design, chunks: range, then: Callable[[], None]) -> None:
        self._design, self._chunks, self._then = design, chunks, then
        self._groups: Counter[int] = Counter()
        self._full = 0

    def record(self, chunk: int) -> None:
        """Record a chunk."""
        group = (chunk - self._chunks.start) // GROUP_SIZE
        self._update(self._chunks.start + group, 1, self._updated, group)

    def _update(self, key: int, units: int, then: Callable[..., None], *arguments: int) -> None:
        job = self._design.job
        job.loop.at(job.partition(key).take(units) + q.DYNAMODB_SECONDS, then, *arguments)

    def _updated(self, group: int) -> None:
        self._groups[group] += 1
        if self._groups[group] < min(GROUP_SIZE, len(self._chunks) - group * GROUP_SIZE):
            self._design.recorded()
            return
        # The token, and four bytes for each group.
        self._update(_ITEM - self._chunks.start, math.ceil((2_150 + 4 * self._full) / 1_024), self._climbed)

    def _climbed(self) -> None:
        self._full += 1
        self._design.recorded()
        if self._full == math.ceil(len(self._chunks) / GROUP_SIZE):
            self._then()


class Ours(Design):
    """One function splits, and one merges."""

    name = "this project, one function"
    splitters = 1

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._fanin = FanIn(self, range(job.chunks), self._resume)

    def record(self, chunk: int) -> None:
        """See :class:`Design`."""
        self._fanin.record(chunk)

    def _resume(self) -> None:
        merger = Merger(self.job, self.job.chunks, self._merged)
        self.job.loop.at(self.job.loop.now + q.VERDICT_SECONDS, self.lambdas.hurry, merger.begin)

    def _merged(self) -> None:
        self.job.end(self.job.loop.now)


class OneCounter(Bare):
    """Each chunk writes the same item."""

    name = "a counter"
    split_cpu = q.SPLIT_CPU

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
