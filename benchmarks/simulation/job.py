"""A job on the move: its document is split, and each chunk runs in an environment."""

import random
from collections.abc import Callable

from benchmarks.simulation import quotas as q
from benchmarks.simulation.loop import Environments, Loop, Rate
from benchmarks.simulation.quotas import Quotas

_POINTS = 200


class Job:
    """Chunks, and what all designs do with them.

    Args:
        chunks: how many.
        quotas: what the account has.
    """

    def __init__(self, chunks: int, quotas: Quotas) -> None:
        self.chunks = chunks
        self.quotas = quotas
        self.loop = Loop()
        self.puts = Rate(self.loop, "S3's writes", q.S3_PUTS * quotas.prefixes)
        self.gets = Rate(self.loop, "S3's reads", q.S3_GETS * quotas.prefixes)
        self.splits = Rate(self.loop, "the splitter", quotas.splits, q.UPLOADS)
        self.partitions = [Rate(self.loop, "partitions", q.PARTITION_WRITES) for _ in range(quotas.partitions)]
        self.rates = [self.puts, self.gets, self.splits]
        self.resumed_at = 0.0
        self.curve = [(0.0, 0)]
        self._done = 0
        self._busy_seconds = 0.0
        self._chance = random.Random(chunks)

    def environments(self) -> Environments:
        """Return Lambda's, as many as the account has."""
        ramp = Rate(self.loop, "Lambda's ramp", q.LAMBDA_RAMP, q.LAMBDA_BURST)
        return Environments(self.loop, ramp, self.quotas.environments, q.COLD_SECONDS)

    def split(self, written: Callable[[int], None], number: int = 0) -> None:
        """Write all chunks; call with the number of each that is there."""
        if number < self.chunks:
            time = max(self.splits.take(), self.puts.take())
            self.loop.at(time + q.S3_SECONDS, written, number)
            self.loop.at(time, self.split, written, number + 1)

    def work(self, number: int, then: Callable[[int], None]) -> None:
        """Read a chunk, work on it, and write its result."""
        seconds = q.WORK_SECONDS * self._chance.uniform(0.5, 1.5)
        self._busy_seconds += seconds + 2 * q.S3_SECONDS
        self.loop.at(self.gets.take() + q.S3_SECONDS + seconds, self._write, number, then)

    def partition(self, key: int) -> Rate:
        """Return the partition that an item is in."""
        return self.partitions[(key * 2_654_435_761 >> 16) % len(self.partitions)]

    def done(self) -> None:
        """Count a chunk whose outcome is recorded."""
        self._done += 1
        if self._done * _POINTS // self.chunks != (self._done - 1) * _POINTS // self.chunks:
            self.curve.append((self.loop.now, self._done))

    def resume(self) -> None:
        """Send the verdict."""
        if self.resumed_at:
            raise AssertionError("The machine was resumed before.")
        self.resumed_at = self.loop.now + q.VERDICT_SECONDS

    def bottleneck(self) -> str:
        """Name what was used most of the time."""
        used = {rate.name: rate.used(self.resumed_at) for rate in self.rates}
        writes = [partition.used(self.resumed_at) for partition in self.partitions]
        used["the table"], used["one item"] = sum(writes) / len(writes), max(writes)
        used["Lambda's environments"] = self._busy_seconds / (self.quotas.environments * self.resumed_at)
        return max(used, key=lambda name: round(used[name], 2))

    def _write(self, number: int, then: Callable[[int], None]) -> None:
        self.loop.at(self.puts.take() + q.S3_SECONDS, then, number)
