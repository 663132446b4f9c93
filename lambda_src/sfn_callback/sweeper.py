"""The sweeper: checks every wait in the ledger, and repairs what no event, attempt or round will repair.

A wait is a fan-in with a token, or an approval. For each it does what any participant of the protocol would do on
seeing it now, so it may run beside all of them, and beside itself:

- nobody waits under its tokens any more: it is *closed*, a note that does not prevent another token;
- its verdict is known: it is sent to all tokens, as everybody does who sees a verdict;
- chunks are missing, and none has ended for so long that their events must be lost: a round starts over the chunks
  without a result, as in the machine's redrive, and takes over the tokens, unless every one of these chunks has a
  recent heartbeat. They cannot be sent again in the wait's own fan-in: only its event knows which chunk a slot of a
  redrive is.

A job younger than half of ``quiet_seconds`` is left alone: its own retries still run, and repair most losses. After
that it is checked, because the waiting time for missing chunks starts at the first check, and must be over before the
machine's own round ends.

The token tells whether somebody waits for chunks. A heartbeat is accepted only while its task is open, and changes
nothing if the state has no HeartbeatSeconds:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html. The answer of AWS to a
heartbeat for such a state has not been recorded, so no answer may do harm. If it is refused although somebody waits,
the sweeper leaves the wait to the machine's rounds, because a note holds no verdict back. If it is accepted although
nobody waits, chunks are processed for nobody at most until the job is older than every running execution; after that no
heartbeat is sent. A durable function's execution may last for a year and is in no list, so its own status tells.

A state that asks for an approval may be between two attempts, or belong to a caller and have HeartbeatSeconds, so its
execution's status tells.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any, NamedTuple

from sfn_callback import ids, log, resume, settings
from sfn_callback.approvals import decide, store
from sfn_callback.approvals.store import PREFIX
from sfn_callback.aws import clients, dynamodb
from sfn_callback.aws.executions import Executions
from sfn_callback.documents import pending, redrive
from sfn_callback.documents.events import Job
from sfn_callback.errors import ResumeError, TokenInvalid, TokenUnknown
from sfn_callback.fanin import ledger, protocol, verdict
from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group
from sfn_callback.fanin.ledger import DynamoLedger
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import Delivery

_RESERVE_SECONDS = 30
"""With less left nothing more is begun."""
_MINUTE = 60
"""How far apart clocks may be, and how late a list."""
_YOUNG = 0.5
"""So much of the quiet seconds a job is left alone after its split."""
_FROM_A_PAGE = 25
"""So many waits of a page of the ledger are looked at before the next page is read."""
_OPEN = f"({ledger.OPEN}) OR ({store.OPEN})"


class SweepResult(StrEnum):
    """What the sweeper did about a wait."""

    LEFT = "left"
    CLOSED = "closed"
    RESENT = "resent"
    REDRIVEN = "redriven"
    FAILED = "failed"


def sweep(seconds_left: Callable[[], float]) -> dict[str, Any]:
    """Check every open wait, as far as the time allows; return and log the counts.

    ``oldest_seconds`` is the age of the oldest open execution. A wait whose check fails on AWS's side counts as
    ``failed``, and is left to the next sweep.

    Raises:
        ClientError: the ledger, or the executions, cannot be listed.
    """
    sweep_ = _Sweep(seconds_left)
    running = Executions(sweep_.is_time)
    machine = settings.current().swept_machine_arn
    oldest = running.oldest_seconds(machine) if machine else 0
    became = Counter(sweep_one(wait, running) for wait in sweep_.waits())
    report = {"oldest_seconds": oldest, "open": sweep_.open, "complete": sweep_.complete}
    report |= {kind.value: became[kind] for kind in SweepResult}
    log.write(LogEvent.SWEEP_DONE, **report)
    return report


class OpenWait(NamedTuple):
    """An open item of the ledger: its ``key``, and for an approval its ``execution`` and whether it is ``decided``."""

    key: str
    execution: str = ""
    decided: bool = False


@dataclass(slots=True)
class _Sweep:
    """The progress of a sweep: how many waits are ``open``, and whether the time has sufficed so far."""

    seconds_left: Callable[[], float]
    open: int = 0
    complete: bool = True

    def is_time(self) -> bool:
        """Return whether there is time to start something more."""
        self.complete = self.complete and self.seconds_left() > _RESERVE_SECONDS
        return self.complete

    def waits(self) -> Iterator[OpenWait]:
        """Yield the waits for which there is time: some of each page while they are listed, then the others.

        The choice differs each time, so that another sweep reaches what this one does not.
        """
        left: list[OpenWait] = []
        for page in open_waits():
            self.open += len(page)
            random.shuffle(page)
            yield from self._in_time(page[:_FROM_A_PAGE])
            left += page[_FROM_A_PAGE:]
            if not self.is_time():
                return
        random.shuffle(left)
        yield from self._in_time(left)

    def _in_time(self, waits: list[OpenWait]) -> Iterator[OpenWait]:
        return takewhile(lambda _: self.is_time(), waits)


def open_waits() -> Iterator[list[OpenWait]]:
    """Yield what is open in the ledger, page by page."""
    pages = dynamodb.connect().scan(_OPEN, "execution", "decision")
    for page in pages:
        yield [OpenWait(one["pk"]["S"], dynamodb.text(one, "execution") or "", "decision" in one) for one in page]


def sweep_one(wait: OpenWait, running: Executions) -> SweepResult:
    """Do what can be done now for a wait; return what was done."""
    key = wait.key
    asked = key.startswith(PREFIX)
    try:
        return _approval(wait, running) if asked else _job(key, running)
    except ResumeError as error:
        # Its message has only the fingerprint of a token.
        why = f"{type(error).__name__}: {error}"
    except clients.ERRORS as error:
        why = clients.described(error)
    named = {"approval": key.removeprefix(PREFIX)[:8]} if asked else {"fanin": key}
    log.write(LogEvent.WAIT_NOT_SWEPT, problem=why, **named)
    return SweepResult.FAILED


def _job(name: str, running: Executions) -> SweepResult:
    # A round is younger than its job, so the rounds of a young job are young, too.
    if ids.age_seconds(ids.of_fanin(name)[0]) < _YOUNG * settings.current().quiet_seconds:
        return SweepResult.LEFT
    table = ledger.connect()
    top = table.look(name)
    if _outlived(top, running) or not any(map(_is_open, sorted(top.tokens))):
        table.close(top)
        if not verdict.is_due(top):
            log.write(LogEvent.WAIT_CLOSED, fanin=name)
        return SweepResult.CLOSED
    groups = list(table.groups(name, top.unfilled))
    top = protocol.check_again(table, top, groups)
    if not verdict.is_due(top):
        return _redrive_if_quiet(table, top, groups)
    if verdict.deliver_if_decided(table, top) is not Delivery.ACCEPTED:
        return SweepResult.LEFT
    log.write(LogEvent.VERDICT_SENT_AGAIN, fanin=name)
    return SweepResult.RESENT


def _outlived(top: FanIn, running: Executions) -> bool:
    """Return whether the fan-in's job is older than every execution of its machine: none splits before it starts.

    For a durable function: whether the waiting execution is known to have ended.
    """
    if any(resume.waiter(token) is resume.DURABLE for token in top.tokens):
        return running.has_ended(top.execution or "")
    config = settings.current()
    if not config.swept_machine_arn:
        return False
    # A wait is left alone for so long anyway.
    age = ids.age_seconds(ids.of_fanin(top.name)[0]) - config.quiet_seconds - _MINUTE
    return not running.may_be_as_old_as(config.swept_machine_arn, age)


def _redrive_if_quiet(table: DynamoLedger, top: FanIn, groups: list[Group]) -> SweepResult:
    missing = _missing(top, groups)
    job = _job_of(table, top)
    if job is None or time.time() - table.note_missing(top.name, missing) < settings.current().quiet_seconds:
        return SweepResult.LEFT
    indexes = list(redrive.without_result(job))
    if indexes and len(pending.heard_of(job.job, indexes)) == len(indexes):
        return SweepResult.LEFT
    again = redrive.start_round(job, indexes)
    redrive.transfer_tokens(top, again)
    log.write(LogEvent.CHUNKS_SENT_AGAIN, missing=missing, job=job.job, fanin=again.fanin)
    return SweepResult.REDRIVEN


def _missing(top: FanIn, groups: Iterable[Group]) -> int:
    total = top.total or 0
    in_full = sum(min(GROUP_SIZE, total - group * GROUP_SIZE) for group in top.full)
    return total - in_full - sum(len(group.done | group.failed) for group in groups if group.number not in top.full)


def _job_of(table: DynamoLedger, top: FanIn) -> Job | None:
    """Return the job whose round a fan-in is, ``None`` if the ledger no longer knows how many chunks it has."""
    job, round_ = ids.of_fanin(top.name)
    first = table.look(job)
    if first.total is None or top.tolerated is None:
        return None
    return Job(job, top.name, first.total, top.tolerated, round_)


def _approval(wait: OpenWait, running: Executions) -> SweepResult:
    if not wait.decided and not running.has_ended(wait.execution):
        return SweepResult.LEFT
    table = store.connect()
    asked = table.at(wait.key)
    if asked is None:
        return SweepResult.CLOSED
    delivered = decide.deliver(asked)
    table.close(asked)
    if asked.decision is None:
        log.write(LogEvent.WAIT_CLOSED, approval=asked.mark)
    if not delivered:
        return SweepResult.CLOSED
    log.write(LogEvent.VERDICT_SENT_AGAIN, approval=asked.mark)
    return SweepResult.RESENT


def _is_open(token: str) -> bool:
    try:
        return resume.heartbeat(token) is Delivery.ACCEPTED
    except (TokenUnknown, TokenInvalid):
        return False
