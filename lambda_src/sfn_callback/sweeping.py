"""The sweeper: goes over the waits in the ledger, and mends what no event, attempt or round will.

A wait is a fan-in with a token, or an approval. Of each it does what a participant of the protocol would do that
looked at it now, so it may run beside all of them, and beside itself:

- nobody waits under its tokens any more: it is an orphan, and *closed*, which is a note and keeps nobody from handing
  over another token;
- its verdict is known: it is sent, to all tokens, as by everybody who sees a verdict;
- chunks are missing, and none has ended for so long that their events must be lost: a round begins over what has no
  result, as by the machine's redrive, and takes the tokens over. In the wait's own fan-in they could not be sent again:
  which chunk a slot of a redrive is, its event alone knows.

Whether somebody waits, the token tells. A heartbeat is taken only while its task is open, and changes nothing where the
state has no HeartbeatSeconds, as those that wait for chunks:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html. A state that asks for an
approval may be between two attempts, or be a caller's with HeartbeatSeconds, so there its execution is asked.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import approvals, clients, deciding, fanin, ids, ledger, log, redrive, resume, settings, table
from sfn_callback.approvals import PREFIX, Approval
from sfn_callback.errors import ResumeError, TokenInvalid, TokenUnknown
from sfn_callback.events import Job
from sfn_callback.fanin import GROUP_SIZE, FanIn, Group
from sfn_callback.ledger import DynamoLedger
from sfn_callback.resume import Outcome

_RESERVE_SECONDS = 30
"""With less left nothing more is begun."""
_OPEN = f"({ledger.OPEN}) OR ({approvals.OPEN})"


class Became(StrEnum):
    """What became of a wait that was looked at."""

    LEFT = "left"
    CLOSED = "closed"
    RESENT = "resent"
    REDRIVEN = "redriven"
    FAILED = "failed"


def sweep(seconds_left: Callable[[], float]) -> dict[str, Any]:
    """Look at every wait that is open, as far as the time reaches; return and log what was found.

    ``oldest_seconds`` is the age of the oldest execution that is open, whatever it does. A wait that AWS has a problem
    with is counted as ``failed``, and left to the next sweep.

    Raises:
        ClientError: the ledger, or the executions, cannot be listed.
    """
    oldest = _oldest_seconds()
    waits = list(_before_the_end(_open_waits(), seconds_left))
    # Those that the time does not reach are others each time.
    random.shuffle(waits)
    became = Counter(_looked_at(key) for key in _before_the_end(waits, seconds_left))
    found = {one.value: became[one] for one in Became}
    complete = seconds_left() > _RESERVE_SECONDS
    log.info("swept", oldest_seconds=oldest, open=len(waits), complete=complete, **found)
    return {"oldest_seconds": oldest, "open": len(waits), "complete": complete, **found}


def hand_on(top: FanIn, again: Job) -> None:
    """Have a round that was begun in a wait's place take its tokens over: its last chunk resumes the machine."""
    kept = ledger.connect()
    for token in sorted(top.tokens):
        fanin.wait(kept, again.fanin, token)
    # Last, because who dies before it only has another round begun.
    kept.hand_on(top, again.fanin)


def _open_waits() -> Iterator[str]:
    return chain.from_iterable(table.connect().keys(_OPEN))


def _before_the_end(keys: Iterable[str], seconds_left: Callable[[], float]) -> Iterator[str]:
    for key in keys:
        if seconds_left() <= _RESERVE_SECONDS:
            return
        yield key


def _oldest_seconds() -> int:
    machine = settings.current().swept_machine_arn
    if not machine:
        return 0
    pages = clients.stepfunctions().get_paginator("list_executions")
    listed = pages.paginate(stateMachineArn=machine, statusFilter="RUNNING", PaginationConfig={"PageSize": 1000})
    now = datetime.now(UTC)
    ages = (now - one["startDate"] for page in listed for one in page["executions"])
    return max((int(age.total_seconds()) for age in ages), default=0)


def _looked_at(key: str) -> Became:
    asked = key.startswith(PREFIX)
    try:
        return _approval(key) if asked else _job(key)
    except ResumeError as problem:
        # Its text has no more of a token than a fingerprint.
        why = f"{type(problem).__name__}: {problem}"
    except clients.ERRORS as problem:
        why = clients.described(problem)
    log.error("not swept", problem=why, **({"approval": key.removeprefix(PREFIX)[:8]} if asked else {"fanin": key}))
    return Became.FAILED


def _job(name: str) -> Became:
    kept = ledger.connect()
    top = kept.look(name)
    if not any(map(_is_open, sorted(top.tokens))):
        kept.close(top)
        if not fanin.is_due(top):
            log.info("orphan closed", fanin=name)
        return Became.CLOSED
    groups = list(kept.groups(name, top.unfilled))
    top = fanin.check_again(kept, top, groups)
    if not fanin.is_due(top):
        return _waited_for(kept, top, groups)
    if fanin.settle(kept, top) is not Outcome.ACCEPTED:
        return Became.LEFT
    log.warning("verdict sent again", fanin=name)
    return Became.RESENT


def _waited_for(kept: DynamoLedger, top: FanIn, groups: list[Group]) -> Became:
    missing = _missing(top, groups)
    job = _job_of(kept, top)
    if job is None or time.time() - kept.note_missing(top.name, missing) < settings.current().quiet_seconds:
        return Became.LEFT
    again = redrive.redrive(job)
    hand_on(top, again)
    log.warning("sent again what never came", missing=missing, job=job.job, fanin=again.fanin)
    return Became.REDRIVEN


def _missing(top: FanIn, groups: Iterable[Group]) -> int:
    total = top.total or 0
    in_full = sum(min(GROUP_SIZE, total - group * GROUP_SIZE) for group in top.full)
    return total - in_full - sum(len(group.done | group.failed) for group in groups if group.number not in top.full)


def _job_of(kept: DynamoLedger, top: FanIn) -> Job | None:
    """Return the job whose round a fan-in is, ``None`` where the ledger has forgotten how many chunks it has."""
    job, round_ = ids.of_fanin(top.name)
    first = kept.look(job)
    if first.total is None or top.tolerated is None:
        return None
    return Job(job, top.name, first.total, top.tolerated, round_)


def _approval(key: str) -> Became:
    kept = approvals.connect()
    asked = kept.at(key)
    if asked is None:
        return Became.CLOSED
    if asked.decision is None and not _has_ended(asked):
        return Became.LEFT
    delivered = deciding.deliver(asked)
    kept.close(asked)
    if asked.decision is None:
        log.info("orphan closed", approval=asked.mark)
    if not delivered:
        return Became.CLOSED
    log.warning("verdict sent again", approval=asked.mark)
    return Became.RESENT


def _is_open(token: str) -> bool:
    try:
        return resume.heartbeat(token) is Outcome.ACCEPTED
    except (TokenUnknown, TokenInvalid):
        return False


def _has_ended(asked: Approval) -> bool:
    if not asked.execution:
        return False
    try:
        return clients.stepfunctions().describe_execution(executionArn=asked.execution)["status"] != "RUNNING"
    except ClientError as problem:
        # Step Functions forgets executions 90 days after their end.
        if problem.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return True
