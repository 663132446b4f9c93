"""Reprocessing chunks by hand: a round, as the machine's own redrive starts one.

If the machine still waits, and the round has all chunks that the wait needs, the round takes over its token in the
ledger, and its last chunk resumes the machine. If nothing waits any more, the missing results are produced and merged.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sfn_callback import layout, resume, settings
from sfn_callback.aws import clients
from sfn_callback.documents import redrive
from sfn_callback.documents.events import Job
from sfn_callback.fanin import ledger
from sfn_callback.resume import Delivery
from sfn_callback_operator import aws
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import UNWELL, OperatorError, not_found
from sfn_callback_operator.jobs import causes, outcomes, pending_chunks, results
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.outcomes import JobOutcomes
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


class ChunkSelection(StrEnum):
    """Which chunks are processed again."""

    FAILED = "failed"
    MISSING = "missing"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Round:
    """A started round: its job, its number of chunks, and whether its end resumes the machine.

    ``pending`` of the chunks are left to whoever works on them.
    """

    job: Job
    chunks: int
    resumes: bool
    pending: int = 0


def chosen(job_outcomes: JobOutcomes, which: ChunkSelection) -> list[int]:
    """Return the indexes of the selected chunks."""
    failed = job_outcomes.failed if which is not ChunkSelection.MISSING else ()
    missing = job_outcomes.missing if which is not ChunkSelection.FAILED else ()
    return sorted((*failed, *missing))


def begin(target: Target, which: ChunkSelection, *, again: bool = False) -> Round:
    """Reprocess chunks; pending ones only if ``again`` is true.

    Raises:
        OperatorError: the machine runs but is not waiting for chunks, the chunks no longer exist, or all is done.
    """
    job = outcomes.current(target.job)
    open_ = bool(target.execution and target.execution.open)
    if open_:
        expect_waiting(target)
    job_outcomes = outcomes.of_job(job)
    indexes = chosen(job_outcomes, which)
    if indexes:
        _expect_chunks(target, job)
    elif not open_ and (place := results.place(target)):
        raise OperatorError(f"{target.called} has nothing left to do: its result is {place.url}.")
    # A wait is for all of its chunks: a round over some of those that are missing may not end it.
    resumes = open_ and set(job_outcomes.missing) <= set(indexes)
    # What has failed is processed again, although somebody was heard of.
    pending = frozenset[int]() if again else pending_chunks.heard_of(job.job, indexes) - job_outcomes.failed.keys()
    begun = _begun(job, indexes, _left(job_outcomes, indexes) if resumes else [], again=again)
    if resumes:
        redrive.transfer_tokens(ledger.connect().look(job.fanin), begun)
    return Round(begun, len(indexes), resumes, len(pending))


def begin_without(target: Target, job: Job, job_outcomes: JobOutcomes, chunk: int, why: str | None) -> Round:
    """Start a round over the missing chunks except one that now has a result or has failed; errors as above."""
    indexes = [index for index in job_outcomes.missing if index != chunk]
    if indexes:
        _expect_chunks(target, job)
    begun = _begun(job, indexes, [*_left(job_outcomes, indexes), *([why] if why else [])])
    redrive.transfer_tokens(ledger.connect().look(job.fanin), begun)
    return Round(begun, len(indexes), resumes=True)


def expect_waiting(target: Target) -> None:
    """Check that the machine waits for chunks.

    Raises:
        OperatorError: the machine is at another state.
    """
    if target.execution and target.execution.function and not _has_open_callback(target):
        raise OperatorError(f"{target.called} is not waiting for chunks: its callback is answered, or has timed out.")
    if not target.position.waits_for_chunks:
        raise OperatorError(f"{target.called} is not waiting for chunks: it is at {target.position.state}.")


def follow(round_: Round, patience: PollTimer) -> Iterator[int]:
    """Yield how many of the round's chunks have an outcome, again and again, until all have.

    Raises:
        OperatorError: the time limit is over.
    """
    while True:
        number, total = settled(round_)
        yield number
        if number >= total:
            return
        patience.pause(f"What it has done is kept. To continue: sfn-callback redrive {round_.job.job}")


def settled(round_: Round) -> tuple[int, int]:
    """Return how many of the round's chunks have an outcome, and how many it has."""
    top = ledger.connect().look(round_.job.fanin)
    groups = ledger.connect().groups(round_.job.fanin, range(top.groups or 0))
    return sum(len(group.done | group.failed) for group in groups), top.total or 0


def expect_no_failure(round_: Round) -> None:
    """Refuse to merge a round in which more chunks failed than the job tolerates.

    Raises:
        OperatorError: the message names the chunks and why.
    """
    job_outcomes = outcomes.of_job(round_.job)
    if len(job_outcomes.failed) > round_.job.tolerated:
        reasons = "; ".join(f"chunk {index}: {why}" for index, why in list(job_outcomes.failed.items())[:3])
        failed = screen.counted(len(job_outcomes.failed), "chunk")
        raise OperatorError(f"{failed} failed again: {reasons}. Fix the cause first.", UNWELL)


def merge(deployment: Deployment, target: Target) -> dict[str, Any]:
    """Merge a job's existing results, or combine a part, as the machine does after its last round; return its output.

    Raises:
        OperatorError: more chunks are without a result than the job tolerates, or the workload's merge fails.
    """
    job = replace(target.job, document=results.document(target))
    payload = json.dumps({"job": job.as_json(), "failed": job.tolerated}).encode()
    answer = aws.patient_functions().invoke(FunctionName=deployment.invoked("merge"), Payload=payload)
    output = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        why = causes.sentence(output.get("errorType"), output.get("errorMessage"))
        raise OperatorError(f"Not merged: {why}", UNWELL)
    place = results.made(job)
    ledger.connect().note_made_good(job.job, place.key)
    return {**output, "result": {"bucket": place.bucket, "key": place.key}}


def _expect_chunks(target: Target, job: Job) -> None:
    first = layout.chunk(job.job, 0).rpartition("/")[0]
    held = clients.s3().list_objects_v2(Bucket=settings.current().bucket, Prefix=f"{first}/", MaxKeys=1)
    if not held.get("Contents"):
        again = _anew(target.execution) if target.execution else ""
        raise not_found(
            f"The chunks of {job.job} no longer exist: their retention is over, or they were deleted.{again}"
        )


def _has_open_callback(target: Target) -> bool:
    """Return whether a durable function waits; a machine's history has already told that."""
    top = ledger.connect().look(outcomes.current(target.job).fanin)
    return any(resume.heartbeat(token) is Delivery.ACCEPTED for token in sorted(top.tokens))


def _anew(execution: Execution) -> str:
    if execution.function:
        return f" To start over, invoke {execution.function} again."
    return f" To start over: sfn-callback restart {execution.name}"


def _left(job_outcomes: JobOutcomes, indexes: Sequence[int]) -> list[str]:
    """Return the reasons of the chunks that stay failed."""
    again = frozenset(indexes)
    return [f"chunk {index:08d}: {why}" for index, why in job_outcomes.failed.items() if index not in again]


def _begun(job: Job, indexes: Sequence[int], left: Sequence[str], *, again: bool = False) -> Job:
    with screen.bar() as bar:
        task = bar.add_task("the round begins, chunks", total=len(indexes) + len(left), more="")
        return redrive.start_round(job, indexes, left, lambda number: bar.advance(task, number), again=again)
