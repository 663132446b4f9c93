"""Functions that split and merge, as fast as the processor is that their memory gives them, for 15 minutes at most."""

from collections.abc import Callable, Iterable

from benchmarks.simulation import quotas as q
from benchmarks.simulation.job import Job
from benchmarks.simulation.loop import Rate

_PAGE = 1_000


class Function:
    """What runs in one of Lambda's environments; ``then`` is called when it has ended, unless its time is up before."""

    name = ""

    def __init__(self, job: Job, then: Callable[[], None]) -> None:
        self.job = job
        self._then = then
        self._begun = 0.0

    def begin(self) -> None:
        """Begin."""
        self._begun = self.job.loop.now

    def is_over(self) -> bool:
        """Return whether the time is up; the job's execution fails then."""
        seconds = self.job.loop.now - self._begun
        self.job.longest[self.name] = max(self.job.longest[self.name], seconds)
        if seconds > q.FUNCTION_SECONDS:
            self.job.out_of_time = self.name
        return bool(self.job.out_of_time)

    def end(self) -> None:
        """Give the environment back, and go on."""
        self._then()


class Splitter(Function):
    """Writes chunks, 24 uploads at a time; ``cpu_seconds`` is what one takes of a processor."""

    name = "split"

    def __init__(
        self,
        job: Job,
        chunks: Iterable[int],
        written: Callable[[int], None],
        then: Callable[[], None],
        cpu_seconds: float = q.SPLIT_CPU,
    ) -> None:
        super().__init__(job, then)
        self._numbers, self._written = iter(chunks), written
        self._processor = Rate(job.loop, "the splitter's processor", q.PROCESSOR / cpu_seconds) if cpu_seconds else None
        self._uploads = q.UPLOADS

    def begin(self) -> None:
        """See :class:`Function`."""
        super().begin()
        for _ in range(q.UPLOADS):
            self._upload()

    def _upload(self) -> None:
        number = None if self.is_over() else next(self._numbers, None)
        if number is not None:
            time = self._processor.take() if self._processor else self.job.loop.now
            self.job.loop.at(time, self.job.put, self._uploaded, number)
            return
        self._uploads -= 1
        if not self._uploads and not self.job.out_of_time:
            self.end()

    def _uploaded(self, number: int) -> None:
        self._written(number)
        self._upload()


class Merger(Function):
    """Lists results, reads and joins them."""

    name = "merge"

    def __init__(self, job: Job, results: int, then: Callable[[], None]) -> None:
        super().__init__(job, then)
        self._left = results

    def begin(self) -> None:
        """See :class:`Function`."""
        super().begin()
        self._read()

    def _read(self) -> None:
        if self.is_over():
            return
        if not self._left:
            self.end()
            return
        page = min(_PAGE, self._left)
        self._left -= page
        worked = self.job.loop.now + page * q.MERGE_CPU / q.PROCESSOR
        self.job.loop.at(max(worked, self.job.gets.take(page + 1) + q.S3_SECONDS), self._read)
