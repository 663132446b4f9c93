"""The fan-in: many chunks, in any order and any number of times, make one verdict.

A *fan-in* is one wait of a job: a set of slots 0 … total-1, in groups of 256, each of which gets one *fate*,
done or failed. Every participant makes one atomic update of the ledger and looks at what came back:

- :func:`chunk_done` and :func:`chunk_failed` record a slot's fate in its group, and *climb* from the group to
  the fan-in's item when the group is full;
- :func:`seal` says how many slots there are, :func:`wait` hands over the task token;
- whoever then sees a verdict sends it. The token takes one; a second one is refused and counts as sent.

What is recorded is a set or a value that is written once, and every check is "if it *is* full", never "if my
write filled it": duplicates, reordering and a crash between any two requests change nothing that a retry of
the same event does not heal.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sfn_callback import log, resume
from sfn_callback.errors import ResumeError
from sfn_callback.resume import Outcome

GROUP_SIZE = 256
MAX_SLOTS = 4_000_000
"""An item holds 400 KB: the fan-in's has a number for each full group, and one for each failed slot."""
MAX_TOLERATED = 50_000
FAILURE = "ChunksFailed"
"""The error name with which a waiting state is failed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Slots ``256·number`` to ``256·number + 255``; ``size`` is known for the last group only.

    ``reason`` says why the first of the failed slots failed.
    """

    number: int
    done: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    size: int | None = None
    reason: str | None = None

    @property
    def full(self) -> bool:
        """Whether every slot has a fate. A stray slot beyond the size does not count."""
        first = self.number * GROUP_SIZE
        slots = range(first, first + (GROUP_SIZE if self.size is None else self.size))
        return (self.done | self.failed).issuperset(slots)


@dataclass(frozen=True, slots=True)
class FanIn:
    """The top of a fan-in: which groups are full, which slots failed, and who waits.

    ``groups``, ``total`` and ``tolerated`` (slots that may fail) are known once it is sealed; ``tokens`` has one once a
    state machine waits, and one more for each attempt of its waiting state; ``reason`` is the first failure's.
    """

    name: str
    full: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    groups: int | None = None
    total: int | None = None
    tolerated: int | None = None
    tokens: frozenset[str] = field(default=frozenset(), repr=False)
    reason: str | None = None

    @property
    def sealed(self) -> bool:
        """Whether the number of slots is known."""
        return self.groups is not None

    @property
    def unfilled(self) -> list[int]:
        """The numbers of the groups that are not full."""
        return [group for group in range(self.groups or 0) if group not in self.full]


class Ledger(Protocol):
    """Where fan-ins are kept. Every method is one atomic update, and returns the item as it is afterwards."""

    def mark_done(self, fanin: str, slot: int) -> Group:
        """Add the slot to its group's done slots unless it has failed."""

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """Add the slot to its group's failed slots, with the reason, unless it is done."""

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        """Say how many slots the last group has."""

    def climb(self, fanin: str, group: Group) -> FanIn:
        """Add the group's failed slots, with its reason, and, if it is full, the group itself."""

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        """Say how many groups and slots there are, and how many slots may fail."""

    def add_token(self, fanin: str, token: str) -> FanIn:
        """Hand over the token of the state that waits."""


def chunk_done(ledger: Ledger, fanin: str, slot: int) -> Outcome | None:
    """Record that a slot's work is done. Returns what became of the verdict, ``None`` when there is none yet."""
    group = ledger.mark_done(fanin, slot)
    return settle(ledger.climb(fanin, group)) if group.full else None


def chunk_failed(ledger: Ledger, fanin: str, slot: int, reason: str) -> Outcome | None:
    """Record that a slot's work has failed for good, unless it is recorded as done. Returns as :func:`chunk_done`."""
    group = ledger.mark_failed(fanin, slot, reason)
    return settle(ledger.climb(fanin, group))


def seal(ledger: Ledger, fanin: str, total: int, tolerated: int) -> Outcome | None:
    """Say that the fan-in has ``total`` slots, of which ``tolerated`` may fail. Returns as :func:`chunk_done`."""
    groups = -(-total // GROUP_SIZE)
    if not groups:
        return settle(ledger.seal(fanin, groups, total, tolerated))
    last = ledger.set_size(fanin, groups - 1, total - (groups - 1) * GROUP_SIZE)
    sealed = ledger.seal(fanin, groups, total, tolerated)
    return settle(ledger.climb(fanin, last) if last.full else sealed)


def wait(ledger: Ledger, fanin: str, token: str) -> FanIn:
    """Hand over the token of the waiting state, and answer it at once when the verdict is known already."""
    waiting = ledger.add_token(fanin, token)
    settle(waiting)
    return waiting


def check_again(ledger: Ledger, fanin: FanIn, groups: Iterable[Group]) -> FanIn:
    """Climb from groups whose own climb may have been lost; return the fan-in as it is then."""
    for group in groups:
        if group.full or group.failed:
            fanin = ledger.climb(fanin.name, group)
    return fanin


def settle(fanin: FanIn) -> Outcome | None:
    """Send the verdict, if there is one, to all tokens. Returns as :func:`chunk_done`."""
    verdict = _verdict(fanin)
    return _deliver(fanin, verdict) if verdict else None


def is_due(fanin: FanIn) -> bool:
    """Return whether there is a verdict, sent or not."""
    return _verdict(fanin) is not None


def tolerated_slots(total: int, count: int | None, percentage: float | None) -> int:
    """Return how many of ``total`` slots may fail: the smaller of both tolerances, 0 where neither is given.

    Named and meant as Distributed Map's ``ToleratedFailureCount`` and ``ToleratedFailurePercentage``;
    capped at 50,000, which is what one ledger item can list.
    """
    limits = [] if count is None else [count]
    limits += [] if percentage is None else [int(total * percentage / 100)]
    return min(*limits, MAX_TOLERATED) if limits else 0


def _deliver(fanin: FanIn, verdict: Callable[[str], Outcome]) -> Outcome | None:
    # A state that is tried again has a new token, and an attempt that was given up may hand over its own late: which of
    # them is open, nobody here can know. Those that are closed refuse.
    sent: list[Outcome | ResumeError] = []
    for token in sorted(fanin.tokens):
        sent.append(_send(fanin, verdict, token))
        if sent[-1] is Outcome.ACCEPTED:
            return Outcome.ACCEPTED
    for problem in sent:
        if isinstance(problem, ResumeError) and problem.retry:
            raise problem
    # A problem that no repetition would help is left to the wait's timeout: it brings a round with a new token.
    return Outcome.ALREADY_CLOSED if Outcome.ALREADY_CLOSED in sent else None


def _send(fanin: FanIn, verdict: Callable[[str], Outcome], token: str) -> Outcome | ResumeError:
    fields = {"fanin": fanin.name, "token": log.fingerprint(token)}
    try:
        outcome = verdict(token)
    except ResumeError as problem:
        log.error("verdict not delivered", **fields, problem=f"{type(problem).__name__}: {problem}")
        return problem
    log.info("verdict sent", **fields, outcome=outcome.value)
    return outcome


def _verdict(fanin: FanIn) -> Callable[[str], Outcome] | None:
    groups, total, tolerated = fanin.groups, fanin.total, fanin.tolerated
    if not fanin.tokens or groups is None or total is None or tolerated is None:
        return None
    failed = len(fanin.failed)
    if failed > tolerated:
        cause = f"{failed} of {total} chunks failed, {tolerated} tolerated (fan-in {fanin.name}). First: {fanin.reason}"
        return lambda token: resume.fail(token, FAILURE, cause)
    if all(group in fanin.full for group in range(groups)):
        return lambda token: resume.succeed(token, {"done": total - failed, "failed": failed})
    return None
