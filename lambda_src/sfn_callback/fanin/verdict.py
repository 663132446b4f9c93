"""The verdict on a fan-in, and its delivery to whoever waits."""

from collections.abc import Callable

from sfn_callback import log, resume
from sfn_callback.errors import ResumeError
from sfn_callback.fanin.items import FanIn, Ledger
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import Delivery

MAX_TOLERATED = 50_000
"""Slots that may fail, however many there are: a job of which more fail is not worth its merge."""
FAILURE = "ChunksFailed"
"""The error name with which a waiting state is failed."""


def deliver_if_decided(ledger: Ledger, fanin: FanIn) -> Delivery | None:
    """Send the verdict, if there is one, to all tokens. Returns as :func:`chunk_done`."""
    if fanin.tokens and _is_closed(fanin) and _has_failed(fanin):
        # Otherwise every further chunk that fails would use up the account's quota of answers.
        return Delivery.ALREADY_CLOSED
    verdict = _verdict(fanin)
    return _deliver(ledger, fanin, verdict) if verdict else None


def is_due(fanin: FanIn) -> bool:
    """Return whether there is a verdict, sent or not."""
    return _verdict(fanin) is not None


def tolerated_slots(total: int, count: int | None, percentage: float | None) -> int:
    """Return how many of ``total`` slots may fail: the smaller of both tolerances, 0 where neither is given.

    They mean what Distributed Map's ``ToleratedFailureCount`` and ``ToleratedFailurePercentage`` mean, exactly: a share
    equal to the percentage is tolerated. Capped at 50,000.
    """
    limits = [] if count is None else [count]
    limits += [] if percentage is None else [_share(total, percentage)]
    return min(*limits, MAX_TOLERATED) if limits else 0


def _share(total: int, percentage: float) -> int:
    # In whole numbers, by the digits that were written: 64.6 % of 500 are 323, and 500 * 64.6 / 100 is less.
    whole, _, part = f"{percentage:.12f}".rstrip("0").partition(".")
    return total * int(whole + part) // int("100" + "0" * len(part))


def _deliver(ledger: Ledger, fanin: FanIn, verdict: Callable[[str], Delivery]) -> Delivery | None:
    sent = _sent(fanin, verdict)
    problems = [one for one in sent if isinstance(one, ResumeError)]
    accepted = Delivery.ACCEPTED in sent
    if _has_failed(fanin) and (accepted or not problems):
        ledger.close(fanin)
    lasting = None if accepted else next((problem for problem in problems if problem.retry), None)
    if lasting and not (_has_failed(fanin) and _is_closed(ledger.again(fanin.name))):
        raise lasting
    # A problem that no retry would fix is left to the wait's timeout, which starts a round with a new token.
    return Delivery.ACCEPTED if accepted else Delivery.ALREADY_CLOSED if Delivery.ALREADY_CLOSED in sent else None


def _sent(fanin: FanIn, verdict: Callable[[str], Delivery]) -> list[Delivery | ResumeError]:
    """Send a verdict to the tokens until one accepts it; return each token's delivery."""
    # A state that is tried again has a new token, and an attempt that was given up may hand over its own late: which of
    # them is open, nobody here can know. Those that are closed refuse.
    sent: list[Delivery | ResumeError] = []
    for token in sorted(fanin.tokens):
        sent.append(_send(fanin, verdict, token))
        if sent[-1] is Delivery.ACCEPTED:
            break
    return sent


def _send(fanin: FanIn, verdict: Callable[[str], Delivery], token: str) -> Delivery | ResumeError:
    fields = {"fanin": fanin.name, "token": log.fingerprint(token)}
    try:
        delivery = verdict(token)
    except ResumeError as error:
        log.write(LogEvent.VERDICT_NOT_DELIVERED, **fields, problem=f"{type(error).__name__}: {error}")
        return error
    log.write(LogEvent.VERDICT_SENT, **fields, outcome=delivery.value)
    return delivery


def _verdict(fanin: FanIn) -> Callable[[str], Delivery] | None:
    groups, total, tolerated = fanin.groups, fanin.total, fanin.tolerated
    if not fanin.tokens or groups is None or total is None or tolerated is None:
        return None
    failed = fanin.failures
    if _has_failed(fanin):
        cause = f"{failed} of {total} chunks failed, {tolerated} tolerated (fan-in {fanin.name})."
        cause += f" First: {fanin.reason}" if fanin.reason else ""
        return lambda token: resume.fail(token, FAILURE, cause)
    if all(group in fanin.full for group in range(groups)):
        return lambda token: resume.succeed(token, {"done": total - failed, "failed": failed})
    return None


def _has_failed(fanin: FanIn) -> bool:
    return fanin.tolerated is not None and fanin.failures > fanin.tolerated


def _is_closed(fanin: FanIn) -> bool:
    return fanin.closed >= len(fanin.tokens)
