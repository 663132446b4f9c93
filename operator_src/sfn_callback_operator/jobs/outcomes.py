"""The ledger's and the bucket's side of a job: which of its chunks are done, failed or missing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from sfn_callback.aws import dynamodb
from sfn_callback.documents import bucket
from sfn_callback.documents.events import Job
from sfn_callback.fanin import item_format, ledger
from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group
from sfn_callback.fanin.ledger import DynamoLedger

_CHUNK = re.compile(r"chunk ([0-9]{8}): (.*)", re.DOTALL)
LOOKED_INTO = 2_000
"""Groups of a job that are not full, half a million chunks: DynamoDB gives a hundred in a request."""
_LONGEST_CHAIN = 1_000
_SLOTS = 1_000
"""Without an outcome, of a job, that are kept."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many chunks of a job are done, and have failed, by the ledger; ``waits`` says whether a machine waits.

    Where it is not ``exact``, it is at least so many: not all groups were looked into. ``slots`` are some that have no
    outcome yet. Of their chunks so many are ``pending``, or at least so many unless they were ``all_asked`` about;
    ``None`` where that was not looked for.
    """

    chunks: int
    done: int
    failed: int
    waits: bool
    exact: bool = True
    slots: tuple[int, ...] = field(default=(), repr=False)
    pending: int | None = None
    all_asked: bool = True

    @property
    def open(self) -> int:
        """Chunks that have no outcome yet."""
        return self.chunks - self.done - self.failed


@dataclass(frozen=True, slots=True)
class JobOutcomes:
    """A job's chunks by their indexes: ``done`` have a result, ``failed`` a reason, and ``missing`` neither."""

    chunks: int
    done: frozenset[int]
    failed: dict[int, str]
    missing: tuple[int, ...]


def current(job: Job) -> Job:
    """Return the job in the round that counts: the machine's, or the one that replaced it."""
    items = dynamodb.connect()
    for _ in range(_LONGEST_CHAIN):
        following = dynamodb.text(items.get(job.fanin), item_format.REDRIVEN_AS)
        if following is None:
            return job
        job = replace(job, fanin=following, round=job.round + 1)
    return job


def progress(job: Job) -> Progress:
    """Count a job's outcomes in its current round; what was done before a redrive is done."""
    ((_, counted_),) = counted([job])
    return counted_


def counted(jobs: Sequence[Job], most: int | None = None) -> list[tuple[Job, Progress]]:
    """Return each job in the round that counts, with its progress: of a hundred jobs in three requests, if all is well.

    A round that was begun in place of another is one request more, and so are each hundred groups that are not full:
    ``most`` of these are looked into, of the first jobs first.
    """
    table, rounds, tops = ledger.connect(), list(jobs), dict[str, FanIn]()
    for _ in range(_LONGEST_CHAIN):
        wanted = [job.fanin for job in rounds if job.fanin not in tops]
        if not wanted:
            break
        noted = table.notes(wanted)
        tops |= {name: noted[name][0] if name in noted else FanIn(name) for name in wanted}
        rounds = [_following(job, tops[job.fanin].redriven_as) for job in rounds]
    by_fanin = {job.fanin: tops.get(job.fanin, FanIn(job.fanin)) for job in rounds}
    return _counted(table, rounds, by_fanin, LOOKED_INTO * len(by_fanin) if most is None else most)


def made_good(jobs: Sequence[str]) -> dict[str, str]:
    """Return the keys of results that an operator merged for failed jobs, by job id, as far as known."""
    noted = ledger.connect().notes(jobs)
    return {name: key for name, (_, key) in noted.items() if key}


def _following(job: Job, fanin: str | None) -> Job:
    return replace(job, fanin=fanin, round=job.round + 1) if fanin else job


def _counted(
    table: DynamoLedger, rounds: Sequence[Job], by_fanin: Mapping[str, FanIn], most: int
) -> list[tuple[Job, Progress]]:
    unfilled = ((name, group) for name, top in by_fanin.items() for group in top.unfilled[:LOOKED_INTO])
    looked_into = [*islice(unfilled, most)]
    groups: dict[str, list[Group]] = {name: [] for name in by_fanin}
    for name, group in table.groups_of(looked_into):
        groups[name].append(group)
    # Exact of groups that are full; those that were looked into say it themselves.
    seen, failures = {*looked_into}, {name: dict[int, int]() for name in by_fanin}
    for (name, number), count in table.failures(*by_fanin.values()).items():
        if (name, number) not in seen:
            failures[name][number] = count
    numbers: dict[str, list[int]] = {name: [] for name in by_fanin}
    for name, number in looked_into:
        numbers[name].append(number)
    return [
        (job, _progress(job, top, groups[top.name], failures[top.name], numbers[top.name]))
        for job, top in ((job, by_fanin[job.fanin]) for job in rounds)
    ]


def _progress(
    job: Job, top: FanIn, groups: Sequence[Group], failures: Mapping[int, int], looked_into: Sequence[int]
) -> Progress:
    done = sum(_size(top, group) - failures.get(group, 0) for group in top.full) + sum(len(one.done) for one in groups)
    failed = sum(failures.values()) + sum(len(one.failed) for one in groups)
    exact, slots = len(looked_into) == len(top.unfilled), tuple(islice(_open(top, groups, looked_into), _SLOTS))
    return Progress(job.chunks, job.chunks - (top.total or 0) + done, failed, bool(top.tokens), exact, slots)


def _open(top: FanIn, groups: Sequence[Group], looked_into: Sequence[int]) -> Iterator[int]:
    """Yield the slots that have no outcome, of the groups that were looked into."""
    settled = {group.number: group.done | group.failed for group in groups}
    for number in looked_into:
        first = number * GROUP_SIZE
        yield from (slot for slot in range(first, first + _size(top, number)) if slot not in settled.get(number, ()))


def of_job(job: Job) -> JobOutcomes:
    """Return every chunk's outcome."""
    done = frozenset(index for index in bucket.connect().results(job.job).indexes if index < job.chunks)
    failed = {index: why for index, why in _reasons(job).items() if index not in done}
    missing = tuple(index for index in range(job.chunks) if index not in done and index not in failed)
    return JobOutcomes(job.chunks, done, failed, missing)


def _reasons(job: Job) -> dict[int, str]:
    reasons = ledger.connect().reasons(job.fanin, job.chunks)
    matches = [match for match in map(_CHUNK.fullmatch, reasons) if match]
    return {int(match[1]): match[2] for match in sorted(matches, key=lambda match: match[1])}


def _size(top: FanIn, group: int) -> int:
    return min(GROUP_SIZE, (top.total or 0) - group * GROUP_SIZE)
