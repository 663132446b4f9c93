"""A job in parts: a Distributed Map starts an execution of the documents machine for each, and one function merges."""

from benchmarks.simulation import quotas as q
from benchmarks.simulation.designs import Design, FanIn
from benchmarks.simulation.functions import Merger
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Rate


class InParts(Design):
    """Each part has a splitter, a fan-in and a merger of its own."""

    name = "this project, in parts"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        region = job.quotas.region
        self._children = Rate(job.loop, "the Map Run's starts", q.STANDARD_CHILDREN)
        self._starts = Rate(job.loop, "StartExecution", *region.starts)
        self._transitions = Rate(job.loop, "state transitions", *region.transitions)
        job.rates += [self._children, self._starts, self._transitions]
        self._fanins = [self.fan_in(number) for number in range(self.splitters)]
        self._left = self.splitters

    def fan_in(self, number: int) -> FanIn:
        """Return what a part's chunks are recorded in."""
        return FanIn(self, self.chunks_of(number), lambda: self._resume(number))

    def begin(self) -> None:
        """See :class:`Design`. The parent cuts the document, and its Map Run begins."""
        self.job.loop.at(self._enter() + q.COLD_SECONDS + q.CUT_SECONDS, self._cut)

    def record(self, chunk: int) -> None:
        """See :class:`Design`."""
        self._fanins[self.part_of(chunk)].record(chunk)

    def part_of(self, chunk: int) -> int:
        """Return the number of a chunk's part."""
        return ((chunk + 1) * self.splitters - 1) // self.job.chunks

    def _enter(self) -> float:
        """Return when a state is entered."""
        return self._transitions.take()

    def _cut(self) -> None:
        self._enter()
        for number in range(self.splitters):
            # The child's task starts the part's execution, whose first state splits.
            time = max(self._children.take(), self._enter(), self._starts.take(), self._enter())
            self.job.loop.at(time, self.split, number, self._split)

    def _split(self) -> None:
        # The next state hands the token over.
        self._enter()
        self.lambdas.free()

    def _resume(self, number: int) -> None:
        merger = Merger(self.job, len(self.chunks_of(number)), self._merged)
        time = max(self.job.loop.now + q.VERDICT_SECONDS, self._enter())
        self.job.loop.at(time, self.lambdas.hurry, merger.begin)

    def _merged(self) -> None:
        self.lambdas.free()
        self._left -= 1
        if not self._left:
            # The last child hears of its execution's end by an event.
            whole = Merger(self.job, self.splitters, lambda: self.job.end(self.job.loop.now))
            time = max(self.job.loop.now + q.EVENT_SECONDS, self._enter())
            self.job.loop.at(time + q.COLD_SECONDS, self.lambdas.hurry, whole.begin)


class Unrecorded(InParts):
    """The same, where a chunk's outcome is known without a request: what the fan-in is measured by."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._chunks_left = [len(self.chunks_of(number)) for number in range(self.splitters)]

    def record(self, chunk: int) -> None:
        """See :class:`Design`."""
        self.recorded()
        part = self.part_of(chunk)
        self._chunks_left[part] -= 1
        if not self._chunks_left[part]:
            self._resume(part)
