"""The ledger's and the bucket's side of a job: which of its chunks are done, failed or missing."""

import re
from dataclasses import dataclass, replace

from sfn_callback import bucket, ledger, table
from sfn_callback.events import Job
from sfn_callback.fanin import GROUP_SIZE, FanIn

_CHUNK = re.compile(r"chunk ([0-9]{8}): (.*)", re.DOTALL)
_LOOKED_INTO = 100
"""Groups that are neither full nor empty: DynamoDB gives as many in one request."""
_LONGEST_CHAIN = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How many chunks of a job are done, and have failed, by the ledger; ``waits`` says whether a machine waits."""

    chunks: int
    done: int
    failed: int
    waits: bool

    @property
    def open(self) -> int:
        """Chunks that have no fate yet."""
        return self.chunks - self.done - self.failed


@dataclass(frozen=True, slots=True)
class Fates:
    """A job's chunks by their indexes: ``done`` have a result, ``failed`` a reason, and ``missing`` neither."""

    chunks: int
    done: frozenset[int]
    failed: dict[int, str]
    missing: tuple[int, ...]


def current(job: Job) -> Job:
    """Return the job in the round that counts: the machine's, or the one that was begun in its place."""
    items = table.connect()
    for _ in range(_LONGEST_CHAIN):
        following = table.text(items.get(job.fanin), ledger.REDRIVEN_AS)
        if following is None:
            return job
        job = replace(job, fanin=following, round=job.round + 1)
    return job


def progress(job: Job) -> Progress:
    """Count a job's fates in its current round; what was done before a redrive is done."""
    kept = ledger.connect()
    top = kept.look(job.fanin)
    looked_into = set(top.unfilled[:_LOOKED_INTO])
    groups = list(kept.groups(job.fanin, looked_into))
    # Exact of groups that are full; the others say it themselves.
    counted = {group: count for group, count in kept.failures(top).items() if group not in looked_into}
    done = sum(_size(top, group) - counted.get(group, 0) for group in top.full) + sum(len(one.done) for one in groups)
    failed = sum(counted.values()) + sum(len(one.failed) for one in groups)
    return Progress(job.chunks, job.chunks - (top.total or 0) + done, failed, bool(top.tokens))


def fates(job: Job) -> Fates:
    """Say of each chunk what became of it."""
    done = frozenset(index for index in bucket.connect().results(job.job).indexes if index < job.chunks)
    failed = {index: why for index, why in _reasons(job).items() if index not in done}
    missing = tuple(index for index in range(job.chunks) if index not in done and index not in failed)
    return Fates(job.chunks, done, failed, missing)


def _reasons(job: Job) -> dict[int, str]:
    reasons = ledger.connect().reasons(job.fanin, job.chunks)
    told = [match for match in map(_CHUNK.fullmatch, reasons) if match]
    return {int(match[1]): match[2] for match in sorted(told, key=lambda match: match[1])}


def _size(top: FanIn, group: int) -> int:
    return min(GROUP_SIZE, (top.total or 0) - group * GROUP_SIZE)
