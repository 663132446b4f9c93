"""Reporting a chunk by hand, instead of whoever works on it.

A chunk's slot is its number only in the split's own round. In a later round only its event knows its slot, unless a
heartbeat came since: then the ledger has the slot, or where it was moved to. If it has neither, a new round over the
other chunks starts, as in a redrive, in which this chunk has its outcome.
"""

from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from sfn_callback import layout
from sfn_callback.aws import uploads
from sfn_callback.documents import bucket, workflow
from sfn_callback.documents.events import ChunkTask, Job
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.items import GROUP_SIZE, Group
from sfn_callback_operator.actions import rounds
from sfn_callback_operator.actions.rounds import Round
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import outcomes
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen

MAX_BYTES = 5 * 1024**3
"""Of what one request writes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"""


@dataclass(frozen=True, slots=True)
class ByHand:
    """An operator's report of a chunk: a file that is its ``result``, or an ``error`` and its ``cause``."""

    result: Path | None = None
    error: str = ""
    cause: str = ""

    @property
    def outcome(self) -> str:
        """The chunk's outcome."""
        return "done" if self.result else "failed"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a chunk's report is recorded ``first``, and its ``slot`` in the round that counts, with its group there."""

    first: ChunkTask
    slot: int
    group: Group


def check(by_hand: ByHand) -> None:
    """Check that the file can be a result.

    Raises:
        OSError: it does not exist, or is not a file.
        OperatorError: it is too large.
    """
    if by_hand.result is None:
        return
    with by_hand.result.open("rb"):
        size = by_hand.result.stat().st_size
    if size > MAX_BYTES:
        says = f"{by_hand.result} has {size:,} bytes; a reported result may have at most {MAX_BYTES:,}."
        raise OperatorError(f"{says} Write it to the key of the chunk's result, and redrive the job.", USAGE)


def report(target: Target, chunk: int, by_hand: ByHand) -> tuple[Job, Round | None]:
    """Record a chunk's outcome; return the job in the round that counts, and the round started for it, if any.

    Raises:
        OperatorError: the job has no such chunk, or is not waiting for it, or the chunk already has an outcome.
    """
    job = _waiting(target, chunk)
    place = _place(job, chunk)
    if place is None:
        return job, _in_a_new_round(target, job, chunk, by_hand)
    if place.slot in place.group.done:
        raise _done(job, chunk)
    if place.slot in place.group.failed:
        raise _failed(job, chunk)
    first, reason = place.first, _settled(job, chunk, by_hand)
    group = protocol.report(ledger.connect(), first.fanin, first.slot, reason)
    if first.slot in (group.done if reason else group.failed):
        raise _done(job, chunk) if reason else _failed(job, chunk)
    return job, None


def _waiting(target: Target, chunk: int) -> Job:
    job, execution = target.job, target.execution
    if chunk >= job.chunks:
        says = f"{job.job} has {screen.counted(job.chunks, 'chunk')}, 0 to {job.chunks - 1}; there is no chunk {chunk}."
        raise OperatorError(says, USAGE)
    if execution and not execution.open:
        raise OperatorError(
            f"{job.job} is not waiting for chunks any more: its execution is {execution.status}. To process the"
            f" chunks without a result again: sfn-callback redrive {job.job}"
        )
    rounds.expect_waiting(target)
    return outcomes.current(job)


def _place(job: Job, chunk: int) -> _Place | None:
    table = ledger.connect()
    fanin, slot = job.job, chunk
    if job.fanin != job.job and (last := table.heard(job.job, [chunk]).get(chunk)):
        fanin, slot = last.fanin, last.slot
    first = ChunkTask(job.job, chunk, fanin, slot)
    places = [(fanin, slot)]
    for fanin, slot in places:
        number = slot // GROUP_SIZE
        group = next(table.groups(fanin, [number]), Group(number))
        if fanin == job.fanin:
            return _Place(first, slot, group)
        places += sorted(group.moved_to(slot) - {*places})
    return None


def _in_a_new_round(target: Target, job: Job, chunk: int, by_hand: ByHand) -> Round:
    job_outcomes = outcomes.of_job(job)
    if chunk in job_outcomes.done:
        raise _done(job, chunk)
    if chunk in job_outcomes.failed:
        raise _failed(job, chunk)
    return rounds.begin_without(target, job, job_outcomes, chunk, _settled(job, chunk, by_hand))


def _settled(job: Job, chunk: int, by_hand: ByHand) -> str | None:
    """Write the result, before its outcome is recorded; return why the chunk has failed, ``None`` where it has not."""
    if by_hand.result:
        _write(job, chunk, by_hand.result)
        return None
    if bucket.connect().has_result(job.job, chunk):
        raise _done(job, chunk)
    return workflow.reason(ChunkTask(job.job, chunk, job.fanin, chunk), by_hand.error, by_hand.cause)


def _write(job: Job, chunk: int, result: Path) -> None:
    """Write a result, unless there is one.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    store = bucket.connect()
    where = {"Bucket": store.bucket, "Key": layout.result(job.job, chunk)} | uploads.encryption(store.key_arn)
    try:
        with result.open("rb") as body:
            store.client.put_object(**where, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        raise _done(job, chunk) from None


def _done(job: Job, chunk: int) -> OperatorError:
    again = f"If {job.job} still waits for it: sfn-callback redrive {job.job} --missing"
    return OperatorError(f"Chunk {chunk} is already done, and its first outcome counts. {again}")


def _failed(job: Job, chunk: int) -> OperatorError:
    why = outcomes.of_job(job).failed.get(chunk)
    said = f"Chunk {chunk} has already failed{f' ({why})' if why else ''}, and its first outcome counts."
    return OperatorError(f"{said} To process it again: sfn-callback redrive {job.job} --failed")
