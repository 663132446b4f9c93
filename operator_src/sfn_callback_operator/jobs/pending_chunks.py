"""Pending chunks: handed on, with a sign of life within ``pending.heartbeat_seconds``.

A request to the ledger covers a hundred chunks, so each function has a limit. A deployment without pending chunks costs
no request.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, zip_longest

from sfn_callback import settings
from sfn_callback.documents import pending, redrive
from sfn_callback.documents.events import Job
from sfn_callback.fanin import ledger
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import logs
from sfn_callback_operator.jobs.outcomes import Progress

LOOKED_FOR = 1_000
"""Chunks that a look at one job asks about."""
_IN_ONE, _LISTED_IN_ONE = 100, 1_000
"""Chunks that DynamoDB tells of in a request, and results that S3 lists in one."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A job's chunks without an outcome: ``pending``, of the first ``looked_for`` of them, or ``missing``.

    ``silent`` are the missing chunks that were handed on according to the part of the log that was read.
    """

    missing: Sequence[int] = ()
    pending: Sequence[int] = ()
    silent: Sequence[int] = ()
    looked_for: int = 0


def are_possible() -> bool:
    """Return whether the deployment has pending chunks at all."""
    return settings.current().pending_heartbeat_seconds is not None


def heard_of(job: str, missing: Iterable[int], most: int | None = None) -> frozenset[int]:
    """Return which of the first ``most`` chunks are pending (``None``: all, at one request per hundred)."""
    return frozenset(pending.heard_of(job, islice(missing, most)))


def lacking(deployment: Deployment, job: str, indexes: Sequence[int], since: datetime) -> Lacking:
    """Sort a job's chunks without an outcome, in at most ten requests to the ledger and a few to logs."""
    if not are_possible() or not indexes:
        return Lacking(indexes)
    pending_ = heard_of(job, indexes, LOOKED_FOR)
    missing = [index for index in indexes if index not in pending_]
    handed_on = logs.handed_on(deployment, job, since) if missing else frozenset[int]()
    silent = [index for index in missing if index in handed_on]
    return Lacking(missing, sorted(pending_), silent, min(len(indexes), LOOKED_FOR))


def counted(found: Sequence[tuple[Job, Progress]], requests: int) -> list[tuple[Job, Progress]]:
    """Return the same jobs with their numbers of pending chunks, in at most so many requests."""
    if not are_possible():
        return list(found)
    candidates = list[list[tuple[str, int]]]()
    for job, progress in found:
        # In a later round the ledger does not say which chunks are missing; the bucket does.
        listing = 0 if job.fanin == job.job else -(-job.chunks // _LISTED_IN_ONE)
        affordable = progress.open and listing < requests
        requests -= listing if affordable else 0
        candidates.append([(job.job, chunk) for chunk in _open_chunks(job, progress)] if affordable else [])
    # Each job in turn, or the first job's chunks would use up all requests.
    in_turn = (one for turn in zip_longest(*candidates) for one in turn if one)
    asked = list(islice(in_turn, requests * _IN_ONE))
    heard = _heard(asked)
    return [(job, _with(job, progress, asked, heard)) for job, progress in found]


def said(progress: Progress) -> str:
    """Return how many chunks of a job are pending, in words."""
    return f"{'' if progress.all_asked else 'at least '}{progress.pending or 0:,}"


def _open_chunks(job: Job, progress: Progress) -> Iterator[int]:
    chunks = progress.slots if job.fanin == job.job else redrive.without_result(job)
    return islice(chunks, LOOKED_FOR)


def _heard(asked: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    since = time.time() - (settings.current().pending_heartbeat_seconds or 0)
    return {chunk for chunk, last in ledger.connect().heard_in(asked).items() if last.at >= since}


def _with(job: Job, progress: Progress, asked: Sequence[tuple[str, int]], heard: set[tuple[str, int]]) -> Progress:
    if not progress.open:
        return replace(progress, pending=0)
    looked_for, pending_ = (sum(name == job.job for name, _ in each) for each in (asked, heard))
    if not looked_for:
        return progress
    # One that has failed in a later round is asked about as well, and may have been heard of a moment before.
    missing = progress.open if job.fanin == job.job else progress.chunks - progress.done
    return replace(progress, pending=min(pending_, progress.open), all_asked=looked_for >= missing)
