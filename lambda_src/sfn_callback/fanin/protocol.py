"""The fan-in: many chunks, in any order and any number of times, make one verdict.

A *fan-in* is one wait of a job: a set of slots 0 … total-1, in groups of 256, each of which gets one *outcome*,
done or failed. Every participant makes one atomic update of the ledger and checks what it returns:

- :func:`chunk_done` and :func:`chunk_failed` record a slot's outcome in its group, and *climb* from the group to
  the fan-in's item when the group is full;
- :func:`report` does the same for a chunk that somebody else finishes, perhaps in a later round than it began in;
- :func:`seal` says how many slots there are, :func:`wait` hands over the task token;
- whoever then sees a verdict sends it. The token takes one; a second one is refused and counts as sent.

Failures are counted on their way up: a *section* has the count of each of its 64 groups, and the fan-in's item the
sum of each section, so that no item is large, however many chunks fail. A count climbs at each failure up to the 101st
of a group and of a section, and beyond at each eighth more, so a tolerance of up to 100 is exact at once. A full group
climbs with its whole count, so every tolerance is exact in the end.

What is recorded is a set, a count that only rises or a value that is written once, and every check is "if it *is*
full", never "if my write filled it": duplicates and reordering change nothing, and a retry of the same event repairs a
crash between any two requests.
"""

from collections.abc import Iterable, Iterator, Mapping

from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group, Ledger
from sfn_callback.fanin.verdict import deliver_if_decided
from sfn_callback.resume import Delivery

EXACT = 101
"""So many failures of a group, and of a section, climb one by one: a tolerance below it is exact at once."""


def chunk_done(ledger: Ledger, fanin: str, slot: int) -> Delivery | None:
    """Record that a slot's work is done. Returns the verdict's delivery, ``None`` if there is no verdict yet."""
    group = ledger.mark_done(fanin, slot)
    return climb_and_settle(ledger, fanin, group) if group.full else None


def report(ledger: Ledger, fanin: str, slot: int, reason: str | None = None) -> Group:
    """Record the report of a pending slot: done, or failed with a reason; return its group.

    A moved slot's outcome is recorded in every place it was moved to: nothing here can know which round is waited for,
    because an abandoned round may continue and move the slot last.
    """
    first = _report(ledger, fanin, slot, reason)
    reported, seen = [(slot, first)], {(fanin, slot)}
    for at, group in reported:
        # A report that contradicts the first outcome changes nothing there either.
        if at in (group.done if reason is None else group.failed):
            new = group.moved_to(at) - seen
            reported += [(to_slot, _report(ledger, to, to_slot, reason)) for to, to_slot in sorted(new)]
            seen |= new
    return first


def _report(ledger: Ledger, fanin: str, slot: int, reason: str | None) -> Group:
    group = ledger.mark_done(fanin, slot) if reason is None else ledger.mark_failed(fanin, slot, reason)
    if group.full or reason is not None:
        climb_and_settle(ledger, fanin, group)
    return group


def chunk_failed(ledger: Ledger, fanin: str, slot: int, reason: str) -> Delivery | None:
    """Record that a slot's work has failed for good, unless it is recorded as done. Returns as :func:`chunk_done`."""
    return climb_and_settle(ledger, fanin, ledger.mark_failed(fanin, slot, reason))


def chunks_failed(ledger: Ledger, fanin: str, reasons: Mapping[int, str]) -> Iterator[int]:
    """Record that many slots have failed and why, one group at a time; yield each group's number of slots."""
    groups: dict[int, dict[int, str]] = {}
    for slot, reason in reasons.items():
        groups.setdefault(slot // GROUP_SIZE, {})[slot] = reason
    for part in groups.values():
        group = ledger.mark_all_failed(fanin, part)
        deliver_if_decided(ledger, check_again(ledger, FanIn(fanin), [group]))
        yield len(part)


def seal(ledger: Ledger, fanin: str, total: int, tolerated: int) -> Delivery | None:
    """Record that the fan-in has ``total`` slots, of which ``tolerated`` may fail. Returns as :func:`chunk_done`."""
    groups = -(-total // GROUP_SIZE)
    if not groups:
        return deliver_if_decided(ledger, ledger.seal(fanin, groups, total, tolerated))
    last = ledger.set_size(fanin, groups - 1, total - (groups - 1) * GROUP_SIZE)
    sealed = ledger.seal(fanin, groups, total, tolerated)
    return climb_and_settle(ledger, fanin, last) if last.full else deliver_if_decided(ledger, sealed)


def wait(ledger: Ledger, fanin: str, token: str, execution: str | None = None) -> FanIn:
    """Hand over the token of the waiting state, and answer it at once if the verdict is already known.

    ``execution`` is the ARN of the waiting execution, if known: for the operator, not for the verdict.
    """
    waiting = ledger.add_token(fanin, token, execution)
    deliver_if_decided(ledger, waiting)
    return waiting


def check_again(ledger: Ledger, fanin: FanIn, groups: Iterable[Group]) -> FanIn:
    """Climb from groups whose own climb may have been lost; return the updated fan-in."""
    for group in groups:
        section = ledger.count_failures(fanin.name, group) if group.failed else None
        if group.full or section:
            fanin = ledger.climb(fanin.name, group, section)
    return fanin


def climb_and_settle(ledger: Ledger, fanin: str, group: Group) -> Delivery | None:
    """Climb from a group if its top needs the count, and send the verdict if there is one; return as above."""
    top = _climb(ledger, fanin, group)
    return deliver_if_decided(ledger, top) if top else None


def _climb(ledger: Ledger, fanin: str, group: Group) -> FanIn | None:
    """Update the top if the group is full or its failures must be known there; return the top, if updated."""
    failures = len(group.failed)
    if not failures:
        return ledger.climb(fanin, group) if group.full else None
    if not (group.full or _climbs(failures, risen=1)):
        return None
    section = ledger.count_failures(fanin, group)
    climbs = group.full or _climbs(section.failures, risen=climb_step(failures))
    return ledger.climb(fanin, group, section) if climbs else None


def _climbs(count: int, risen: int) -> bool:
    """Return whether a count that has just risen by so many has passed one at which it climbs."""
    return count % climb_step(count) < risen


def climb_step(count: int) -> int:
    """Return by how many failures a count rises between two climbs: by one, and beyond 101 by an eighth at most."""
    return 1 if count <= EXACT else 1 << (count.bit_length() - 4)
