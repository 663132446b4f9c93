"""A job on the move: chunks and results are written, and each chunk runs in an environment."""

import random
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.simulation import quotas as q
from benchmarks.simulation.loop import Environments, Loop, Rate
from benchmarks.simulation.quotas import Quotas
from sfn_callback.aws import patience

_POINTS = 200


class Job:
    """Chunks, and what all designs do with them.

    Args:
        chunks: how many.
        quotas: what the account has.

    ``slow_downs`` counts S3's refusals, ``given_up`` the requests among them that nobody had patience for any more;
    ``longest`` are the most seconds of a function, by its name, and ``out_of_time`` is the one that had too few.
    """

    def __init__(self, chunks: int, quotas: Quotas) -> None:
        self.chunks = chunks
        self.quotas = quotas
        self.loop = Loop()
        puts = q.S3_PUTS * quotas.prefixes
        self.puts = Rate(self.loop, "S3's writes", puts, puts)
        self.gets = Rate(self.loop, "S3's reads", q.S3_GETS * quotas.prefixes)
        self.partitions = [Rate(self.loop, "partitions", q.PARTITION_WRITES) for _ in range(quotas.partitions)]
        self.rates = [self.puts, self.gets]
        self.resumed_at = 0.0
        self.slow_downs = self.given_up = 0
        self.longest: defaultdict[str, float] = defaultdict(float)
        self.out_of_time = ""
        self.curve = [(0.0, 0)]
        self._done = 0
        self._busy_seconds = 0.0
        self._chance, self._s3 = random.Random(chunks), random.Random(chunks + 1)

    def environments(self) -> Environments:
        """Return Lambda's, as many as the account has."""
        ramp = Rate(self.loop, "Lambda's ramp", q.LAMBDA_RAMP, q.LAMBDA_BURST)
        return Environments(self.loop, ramp, self.quotas.environments, q.COLD_SECONDS)

    def put(self, then: Callable[..., None], *arguments: Any, attempt: int = 1, paused: float = 0) -> None:
        """Write an object; where S3 asks to slow down, try again as :mod:`sfn_callback.aws.patience` does."""
        seconds = q.S3_SECONDS * self._s3.uniform(0.5, 1.5)
        if self.puts.offers():
            self.loop.at(self.loop.now + seconds, then, *arguments)
            return
        self.slow_downs += 1
        if paused >= patience.PATIENCE_SECONDS:
            # Lambda, or the machine, tries again what has failed for that.
            self.given_up += 1
            attempt, paused = 1, 0
        longest = min(patience.FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), patience.LONGEST_PAUSE_SECONDS)
        pause = self._s3.uniform(0, longest)
        again = partial(self.put, then, *arguments, attempt=attempt + 1, paused=paused + pause)
        self.loop.at(self.loop.now + seconds + pause, again)

    def work(self, number: int, then: Callable[[int], None]) -> None:
        """Read a chunk, work on it, and write its result."""
        seconds = q.WORK_SECONDS * self._chance.uniform(0.5, 1.5)
        self._busy_seconds += seconds + 2 * q.S3_SECONDS
        self.loop.at(self.gets.take() + q.S3_SECONDS + seconds, self.put, then, number)

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
        self.end(self.loop.now + q.VERDICT_SECONDS)

    def end(self, time: float) -> None:
        """Note when all was done."""
        if self.resumed_at:
            raise AssertionError("The machine was resumed before.")
        self.resumed_at = time

    def bottleneck(self) -> str:
        """Name what was used most of the time."""
        used = {rate.name: rate.used(self.resumed_at) for rate in self.rates}
        writes = [partition.used(self.resumed_at) for partition in self.partitions]
        used["the table"], used["one item"] = sum(writes) / len(writes), max(writes)
        used["Lambda's environments"] = self._busy_seconds / (self.quotas.environments * self.resumed_at)
        return max(used, key=lambda name: round(used[name], 2))
