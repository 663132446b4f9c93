"""Chunks that are handed on: ``process`` has returned ``PENDING``, and somebody else finishes them and reports it.

Nothing is recorded of a hand-over: a redrive hands the chunk on once more, unless whoever works on it has been heard
of. Then the chunk is *moved*: its slot in the round that it was handed on in counts for the one of the new round, so
that a report under the old token does, too.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial

from sfn_callback import settings
from sfn_callback.contract import Chunk, LargeChunk
from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import WorkloadInvalid
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.item_format import Heard


def token_maker(task: ChunkTask) -> Callable[[], str] | None:
    """Return the function that makes the chunk's token, ``None`` if no reports are taken."""
    return None if settings.current().pending_heartbeat_seconds is None else partial(chunk_tokens.make, task)


def check_handed_on(chunk: Chunk | LargeChunk) -> None:
    """Check that somebody can report a chunk that is pending.

    Raises:
        WorkloadInvalid: nobody has its token.
    """
    if not chunk.token_given:
        raise WorkloadInvalid(
            "process() returned PENDING, but did not ask for chunk.token, so nobody could report the chunk."
            " Give the token to whoever finishes it."
        )


def is_left(task: ChunkTask) -> bool:
    """Return whether a chunk of a later round is left to whoever works on it, and move it into that round."""
    if task.fanin == task.job or task.again:
        return False
    last = heard_of(task.job, [task.index]).get(task.index)
    if last is None:
        return False
    if last.fanin == task.fanin:
        # This event comes once more, and the chunk was handed on meanwhile.
        return True
    # A round of a higher number is not always a later one: the sweeper's and the machine's are counted alike.
    group = ledger.connect().move(last.fanin, last.slot, task.fanin, task.slot)
    if last.slot in group.done:
        # It was reported since this event's look for a result.
        protocol.chunk_done(ledger.connect(), task.fanin, task.slot)
    return last.slot not in group.failed


def heard_of(job: str, chunks: Iterable[int]) -> dict[int, Heard]:
    """Return those of the chunks that somebody works on: they were heard of within ``pending.heartbeat_seconds``."""
    seconds = settings.current().pending_heartbeat_seconds
    if seconds is None:
        return {}
    since = time.time() - seconds
    return {chunk: last for chunk, last in ledger.connect().heard(job, chunks).items() if last.at >= since}
