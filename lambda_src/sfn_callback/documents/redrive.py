"""A new round of a job: its chunks that have no result are processed again."""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from sfn_callback import log, settings
from sfn_callback.aws import clients
from sfn_callback.documents import bucket
from sfn_callback.documents.events import ChunkTask, Job
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.items import FanIn
from sfn_callback.log_events import LogEvent
from sfn_callback.parallel import in_order

_INVOKERS = 16


def redrive(job: Job) -> Job:
    """Start a new round: a fan-in over the chunks that have no result, whose processors are invoked again.

    A round in which nothing is missing is complete at once: that delivers a lost verdict.
    """
    following = start_round(job, list(without_result(job)))
    if settings.current().pending_heartbeat_seconds is not None:
        # A report for the previous round must not be told that nothing waits, once the sweeper has closed that round.
        ledger.connect().note_redriven(job.fanin, following.fanin)
    return following


def start_round(
    job: Job,
    indexes: Sequence[int],
    failed: Sequence[str] = (),
    tell: Callable[[int], object] = lambda _: None,
    *,
    again: bool = False,
) -> Job:
    """Start a round over some chunks, and over others that failed in the previous round and stay failed.

    Args:
        job: whose.
        indexes: the chunks that are processed again.
        failed: why each of the others has failed.
        tell: called with the number of further chunks that the round has started.
        again: whether chunks that somebody works on are processed again, too.
    """
    following = job.round + 1
    begun = replace(job, fanin=f"{job.job}.{following}-{secrets.token_hex(4)}", round=following)
    protocol.seal(ledger.connect(), begun.fanin, len(indexes) + len(failed), job.tolerated)
    for number in protocol.chunks_failed(ledger.connect(), begun.fanin, dict(enumerate(failed, len(indexes)))):
        tell(number)
    tasks = (ChunkTask(job.job, index, begun.fanin, slot, again) for slot, index in enumerate(indexes))
    for _ in in_order(invoke_processor, tasks, _INVOKERS):
        tell(1)
    log.write(LogEvent.ROUND_STARTED, job=job.job, round=begun.round, chunks=len(indexes))
    return begun


def transfer_tokens(top: FanIn, again: Job) -> None:
    """Let a round that replaces a wait take over its tokens: its last chunk resumes the machine."""
    items = ledger.connect()
    for token in sorted(top.tokens):
        protocol.wait(items, again.fanin, token, top.execution)
    # Last: a crash before it only means that another round starts.
    items.transfer_tokens(top, again.fanin)


def invoke_processor(task: ChunkTask) -> None:
    """Invoke the processor for a chunk, without waiting for it."""
    clients.functions().invoke(
        FunctionName=settings.current().process_function,
        InvocationType="Event",
        Payload=json.dumps(asdict(task)).encode(),
    )


def without_result(job: Job) -> Iterator[int]:
    """Yield the indexes of the chunks that have no result."""
    there = set(bucket.connect().results(job.job).indexes)
    return (index for index in range(job.chunks) if index not in there)
