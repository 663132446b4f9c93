"""The fan-in's items in the ledger's table.

A group is the item ``<fan-in>#<group>``: number sets ``done`` and ``failed``, and ``size`` where it is known. Its slots
are counted from 0, so that an item with all 256 of them stays below 1 KB, and each update costs one write unit, however
large the job. Why a slot failed is an item of its own, ``<fan-in>!<slot>``; ``<fan-in>!g<group>`` has the ``reasons``
of slots that were recorded as failed at once, in JSON. Each has a partition key of its own, so that no partition is
hot. ``m<slot>`` of a group is the string set of the places, each a fan-in and a slot there, that a pending chunk has
been moved to.

A pending chunk that was heard of is the item ``<job>~<chunk>``: ``heard``, when (epoch seconds), and ``place``, the
fan-in and the slot of the chunk token that it was heard of by. The item ``chunk-tokens`` has the ``secret`` that chunk
tokens are signed with.

A section is the item ``<fan-in>#s<section>``: ``f<group>`` for each of its groups that has failures, how many.

The fan-in's top is the item ``<fan-in>``: the number set ``full``; ``s<section>`` for each section that has failures,
how many; ``groups``, ``total``, ``tolerated``; the string set ``tokens``; ``reason``; and ``closed``, how many of the
tokens need no verdict any more, so that another one opens it again. Notes that decide nothing: ``execution``, the ARN
of the execution that waits; ``redriven_as``, the fan-in that was begun in its place; ``missing`` and ``missing_since``,
what the sweeper saw and when first; ``made_good``, the key of what an operator merged of a job that had failed.
"""

import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from sfn_callback.aws import dynamodb
from sfn_callback.aws.dynamodb import Item, Table
from sfn_callback.fanin.items import GROUP_SIZE, SECTION_SIZE, FanIn, Group, Section

_COUNT = re.compile("[fs]([0-9]+)")
_MOVED = re.compile("m([0-9]+)")
_SECRET_LASTS_SECONDS = 10**9
"""For as long as a deployment does."""
_BATCH = 100
"""Groups whose reasons are looked for at once."""

OPEN = "attribute_exists(#tokens) AND (attribute_not_exists(#closed) OR #closed < size(#tokens))"
"""The filter of fan-ins that somebody may wait for."""

REDRIVEN_AS = "redriven_as"
_SIGNING_ITEM = "chunk-tokens"
_MADE_GOOD = "made_good"


class Heard(NamedTuple):
    """When (epoch seconds) a pending chunk was heard of last, and the ``slot`` of the ``fanin`` that it counts for."""

    at: int
    fanin: str
    slot: int


class DynamoLedger:
    """:class:`sfn_callback.fanin.items.Ledger` over the table, with its errors."""

    def __init__(self, items: Table) -> None:
        self._table = items

    def mark_done(self, fanin: str, slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return _group(slot // GROUP_SIZE, self._mark(fanin, slot, "done", unless="failed"))

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`. The first reason is kept."""
        group = _group(slot // GROUP_SIZE, self._mark(fanin, slot, "failed", unless="done"))
        if slot not in group.failed:
            return group
        self._table.update(_reason_key(fanin, slot), first={"reason": reason})
        return replace(group, reason=reason)

    def move(self, fanin: str, slot: int, to: str, to_slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        group, place = divmod(slot, GROUP_SIZE)
        item = self._table.update(
            _group_key(fanin, group),
            add={f"m{place}": [_place(to, to_slot)]},
            condition="NOT contains(#failed, :slot)",
            given={"slot": place},
        )
        return _group(group, item)

    def mark_all_failed(self, fanin: str, reasons: Mapping[int, str]) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`: one request for the outcomes, unless others change them."""
        number = min(reasons) // GROUP_SIZE
        group = self._mark_all(fanin, number, frozenset(reasons))
        new_reasons = {slot: reasons[slot] for slot in sorted(group.failed & reasons.keys())}
        if not new_reasons:
            return group
        self._table.update(_reasons_key(fanin, number), first={"reasons": json.dumps(new_reasons, ensure_ascii=False)})
        return replace(group, reason=next(iter(new_reasons.values())))

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return _group(group, self._table.update(_group_key(fanin, group), put={"size": size}))

    def count_failures(self, fanin: str, group: Group) -> Section:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        number = group.number // SECTION_SIZE
        item = self._rise(_section_key(fanin, number), f"f{group.number}", len(group.failed))
        return Section(number, _counts(item))

    def climb(self, fanin: str, group: Group, section: Section | None = None) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        full = {"full": [group.number]} if group.full else {}
        if section is None:
            return _fanin(fanin, self._table.update(fanin, add=full))
        reason = {} if group.reason is None else {"reason": group.reason}
        top = _fanin(fanin, self._rise(fanin, f"s{section.number}", section.failures, add=full, first=reason))
        if group.full and group.number not in top.full:
            # A larger count was there, which refused all of the update.
            return _fanin(fanin, self._table.update(fanin, add=full))
        return top

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return _fanin(fanin, self._table.update(fanin, put={"groups": groups, "total": total, "tolerated": tolerated}))

    def add_token(self, fanin: str, token: str, execution: str | None = None) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        note = {"execution": execution} if execution else {}
        return _fanin(fanin, self._table.update(fanin, add={"tokens": [token]}, put=note))

    def note_parent(self, job: str, execution: str, etag: str) -> str | None:
        """Note the execution of a job that has parts, where they are of that ETag's document; return whose they are."""
        noted, same = {"execution": execution, "etag": etag}, "attribute_not_exists(#etag) OR #etag = :etag"
        # It lasts as long as the parts do, which a redrive may combine much later.
        item = self._table.update(job, put=noted, condition=same, lasts_seconds=self._table.retention_seconds)
        return dynamodb.text(item, "etag")

    def note_heard(self, job: str, chunk: int, fanin: str, slot: int) -> None:
        """Note that a pending chunk was heard of now, by the token of a slot of a fan-in."""
        self._table.update(_heard_key(job, chunk), put={"heard": int(time.time()), "place": _place(fanin, slot)})

    def heard(self, job: str, chunks: Iterable[int]) -> dict[int, Heard]:
        """Return when pending chunks were heard of, of those that ever were. A request tells of a hundred."""
        return {chunk: last for (_, chunk), last in self.heard_in((job, chunk) for chunk in chunks).items()}

    def heard_in(self, chunks: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Heard]:
        """Return the same of chunks of several jobs, each by its job and index."""
        items = self._table.get_all([_heard_key(*one) for one in chunks])
        named = ((item["pk"]["S"].rpartition("~"), item) for item in items)
        return {(job, int(chunk)): _heard(item) for (job, _, chunk), item in named}

    def secret(self) -> bytes:
        """Return what chunk tokens are signed with: whoever asks first makes it, and it stays."""
        made = {"secret": secrets.token_hex(32)}
        item = self._table.update(_SIGNING_ITEM, first=made, lasts_seconds=_SECRET_LASTS_SECONDS)
        return bytes.fromhex(item["secret"]["S"])

    def reasons(self, fanin: str, total: int, most: int | None = None) -> list[str]:
        """Return why slots of the fan-in failed, as given to :meth:`mark_failed`: of the first ``most`` slots."""
        lines: list[str] = []
        groups = -(-total // GROUP_SIZE)
        for first in range(0, groups, _BATCH):
            if most is not None and len(lines) >= most:
                break
            lines += self._reasons_in(fanin, range(first, min(first + _BATCH, groups)), most)
        return lines[:most]

    def failures(self, *fanins: FanIn) -> dict[tuple[str, int], int]:
        """Return how many slots have failed, by fan-in and group, as far as it was counted; exact where it is full."""
        keys = [_section_key(fanin.name, number) for fanin in fanins for number, _ in fanin.failed]
        sections = ((item["pk"]["S"].rpartition("#")[0], item) for item in self._table.get_all(keys))
        return {(fanin, group): count for fanin, item in sections for group, count in _counts(item)}

    def notes(self, fanins: Iterable[str]) -> dict[str, tuple[FanIn, str | None]]:
        """Return fan-ins that are there by their names, each with what made it good.

        A request tells of a hundred.
        """
        items = self._table.get_all([*dict.fromkeys(fanins)])
        named = ((item["pk"]["S"], item) for item in items)
        return {name: (_fanin(name, item), dynamodb.text(item, _MADE_GOOD)) for name, item in named}

    def note_made_good(self, job: str, key: str) -> None:
        """Note where an operator has merged what there is of a job that had failed; one that has expired is left so."""
        self._table.update(
            job, put={_MADE_GOOD: key}, condition="attribute_exists(#total) OR attribute_exists(#execution)"
        )

    def look(self, fanin: str) -> FanIn:
        """Return the fan-in as it is now."""
        return _fanin(fanin, self._table.get(fanin))

    def again(self, fanin: str) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return _fanin(fanin, self._table.update(fanin))

    def note_missing(self, fanin: str, missing: int) -> int:
        """Note how many slots have no outcome; return since when (epoch seconds) it has been so many."""
        noted = {"missing": missing, "missing_since": int(time.time())}
        differs = "attribute_not_exists(#missing) OR #missing <> :missing"
        item = self._table.update(fanin, put=noted, condition=differs)
        return dynamodb.number(item, "missing_since") or 0

    def close(self, fanin: FanIn) -> None:
        """See :class:`~sfn_callback.fanin.items.Ledger`; one that has expired is left so."""
        self._table.update(fanin.name, put={"closed": len(fanin.tokens)}, condition="attribute_exists(#tokens)")

    def transfer_tokens(self, fanin: FanIn, to: str) -> None:
        """Note that another fan-in has taken over the tokens that this one has."""
        self._table.update(fanin.name, put={REDRIVEN_AS: to, "closed": len(fanin.tokens)})

    def note_redriven(self, fanin: str, as_: str) -> None:
        """Note which fan-in was begun in the place of another, which has no tokens that anybody waits under."""
        self._table.update(fanin, put={REDRIVEN_AS: as_}, condition="attribute_exists(#tokens)")

    def groups(self, fanin: str, numbers: Iterable[int]) -> Iterator[Group]:
        """Yield those of the fan-in's groups in which something is recorded, in no order."""
        return (group for _, group in self.groups_of((fanin, number) for number in numbers))

    def groups_of(self, wanted: Iterable[tuple[str, int]]) -> Iterator[tuple[str, Group]]:
        """Yield groups of several fan-ins, each with its fan-in's name, as :meth:`groups`."""
        items = self._table.get_all([_group_key(*one) for one in wanted])
        parted = ((item["pk"]["S"].rpartition("#"), item) for item in items)
        return ((fanin, _group(int(number), item)) for (fanin, _, number), item in parted)

    def _mark(self, fanin: str, slot: int, outcome: str, *, unless: str) -> Item:
        group, place = divmod(slot, GROUP_SIZE)
        return self._table.update(
            _group_key(fanin, group),
            add={outcome: [place]},
            condition=f"NOT contains(#{unless}, :slot)",
            given={"slot": place},
        )

    def _mark_all(self, fanin: str, number: int, slots: frozenset[int]) -> Group:
        """Record as failed what is not done.

        An expression of 4 KB has no room for a condition for each slot, so that none may be done meanwhile:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
        """
        group = Group(number)
        while left := slots - group.done - group.failed:
            unchanged, seen = "attribute_not_exists(#done)", dict[str, list[int]]()
            if group.done:
                unchanged, seen = "#done = :seen", {"seen": _places(group.done)}
            # What is refused returns the group as it is: with it the next attempt leaves out what is done.
            places, key = _places(left), _group_key(fanin, number)
            group = _group(number, self._table.update(key, add={"failed": places}, condition=unchanged, given=seen))
        return group

    def _rise(self, key: str, name: str, count: int, **changes: Any) -> Item:
        """Put a count, unless a larger one is there; then nothing is changed."""
        condition = f"attribute_not_exists(#{name}) OR #{name} <= :{name}"
        return self._table.update(key, put={name: count}, condition=condition, **changes)

    def _reasons_in(self, fanin: str, groups: range, most: int | None) -> list[str]:
        items = self._table.get_all([_group_key(fanin, group) for group in groups])
        loaded = (_group(int(item["pk"]["S"].rpartition("#")[2]), item) for item in items)
        slots = sorted(chain.from_iterable(group.failed for group in loaded))[:most]
        reasons = self._table.get_all([_reason_key(fanin, slot) for slot in slots])
        known = {int(item["pk"]["S"].rpartition("!")[2]): item["reason"]["S"] for item in reasons}
        batch_reasons = self._told_at_once(fanin, [slot for slot in slots if slot not in known])
        known = {**batch_reasons, **known}
        return [known[slot] for slot in slots if slot in known]

    def _told_at_once(self, fanin: str, slots: Iterable[int]) -> dict[int, str]:
        groups = sorted({slot // GROUP_SIZE for slot in slots})
        items = self._table.get_all([_reasons_key(fanin, group) for group in groups])
        return {int(slot): why for item in items for slot, why in json.loads(item["reasons"]["S"]).items()}


def connect() -> DynamoLedger:
    """Return the ledger that this function's settings name."""
    return DynamoLedger(dynamodb.connect())


def _group_key(fanin: str, group: int) -> str:
    return f"{fanin}#{group}"


def _section_key(fanin: str, section: int) -> str:
    return f"{fanin}#s{section}"


def _reason_key(fanin: str, slot: int) -> str:
    return f"{fanin}!{slot}"


def _reasons_key(fanin: str, group: int) -> str:
    return f"{fanin}!g{group}"


def _heard_key(job: str, chunk: int) -> str:
    return f"{job}~{chunk}"


def _place(fanin: str, slot: int) -> str:
    return f"{fanin} {slot}"


def _at_place(text: str) -> tuple[str, int]:
    fanin, _, slot = text.partition(" ")
    return fanin, int(slot)


def _heard(item: Item) -> Heard:
    return Heard(dynamodb.number(item, "heard") or 0, *_at_place(item["place"]["S"]))


def _places(slots: Iterable[int]) -> list[int]:
    return [slot % GROUP_SIZE for slot in sorted(slots)]


def _group(number: int, item: Item) -> Group:
    done, failed = dynamodb.numbers(item, "done"), dynamodb.numbers(item, "failed")
    moved = ((_MOVED.fullmatch(name), value) for name, value in item.items())
    places = ((int(match[1]), _at_place(place)) for match, value in moved if match for place in value["SS"])
    return Group(
        number,
        _slots(number, done),
        _slots(number, failed),
        dynamodb.number(item, "size"),
        moved=frozenset((number * GROUP_SIZE + slot, *place) for slot, place in places),
    )


def _counts(item: Item) -> frozenset[tuple[int, int]]:
    counts = ((_COUNT.fullmatch(name), value) for name, value in item.items())
    return frozenset((int(match[1]), int(value["N"])) for match, value in counts if match)


def _slots(group: int, places: frozenset[int]) -> frozenset[int]:
    return frozenset(map((group * GROUP_SIZE).__add__, places))


def _fanin(name: str, item: Item) -> FanIn:
    return FanIn(
        name=name,
        full=dynamodb.numbers(item, "full"),
        failed=_counts(item),
        groups=dynamodb.number(item, "groups"),
        total=dynamodb.number(item, "total"),
        tolerated=dynamodb.number(item, "tolerated"),
        tokens=dynamodb.texts(item, "tokens"),
        reason=dynamodb.text(item, "reason"),
        closed=dynamodb.number(item, "closed") or 0,
        execution=dynamodb.text(item, "execution"),
        redriven_as=dynamodb.text(item, REDRIVEN_AS),
    )
