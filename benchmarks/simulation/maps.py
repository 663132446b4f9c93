"""Distributed Map: it finds the chunks when all are there, and starts a child for each, or for some together."""

from benchmarks.simulation import quotas as q
from benchmarks.simulation.designs import Design
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Environments, Rate


class StandardMap(Design):
    """A Standard child for each chunk: two transitions, the start and its task."""

    name = "Distributed Map, Standard"
    dispatched = q.STANDARD_CHILDREN
    transitions = 2
    items = 1

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._starts = Rate(job.loop, "the Map Run's starts", self.dispatched)
        self._transitions = Rate(job.loop, "state transitions", *job.quotas.region.transitions)
        at_once = Rate(job.loop, "children", float(q.MAP_CHILDREN), q.MAP_CHILDREN)
        self._children = Environments(job.loop, at_once, q.MAP_CHILDREN)
        self._written = self._ended = 0
        job.rates += [self._starts, self._transitions]

    def written(self, _: int) -> None:
        """See :class:`Design`."""
        self._written += 1
        if self._written == self.job.chunks:
            for first in range(0, self.job.chunks, self.items):
                self._children.run(self._start, first)

    def _start(self, first: int) -> None:
        time = max(self._starts.take(), self._transitions.take(self.transitions))
        self.job.loop.at(time, self.lambdas.run, self.job.work, first, self.record)

    def record(self, chunk: int) -> None:
        """See :class:`Design`. The next of the child's chunks is worked on in the same place."""
        self.job.done()
        self._ended += 1
        following = chunk + 1
        if following % self.items and following < self.job.chunks:
            self.job.work(following, self.record)
            return
        self.lambdas.free()
        self._children.free()
        if self._ended == self.job.chunks:
            self.job.resume()


class ExpressMap(StandardMap):
    """An Express child for each chunk: its transitions have no quota."""

    name = "Distributed Map, Express"
    dispatched = q.EXPRESS_CHILDREN
    transitions = 0


class BatchedMap(ExpressMap):
    """An Express child for 100 chunks, one after another."""

    name = "Distributed Map, Express, 100 chunks a child"
    items = 100
