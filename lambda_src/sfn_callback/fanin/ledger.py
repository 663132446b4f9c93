"""The fan-in's items, kept in DynamoDB as :mod:`sfn_callback.fanin.item_format` says."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from sfn_callback.aws import dynamodb
from sfn_callback.aws.dynamodb import Item, Table
from sfn_callback.fanin import item_format
from sfn_callback.fanin.item_format import Heard
from sfn_callback.fanin.items import GROUP_SIZE, SECTION_SIZE, FanIn, Group, Section

_SECRET_LASTS_SECONDS = 10**9
"""For as long as a deployment does."""
_BATCH = 100
"""Groups whose reasons are looked for at once."""

OPEN = "attribute_exists(#tokens) AND (attribute_not_exists(#closed) OR #closed < size(#tokens))"
"""The filter of fan-ins that somebody may wait for."""

_MADE_GOOD = "made_good"


class DynamoLedger:
    """:class:`sfn_callback.fanin.items.Ledger` over the table, with its errors."""

    def __init__(self, items: Table) -> None:
        self._table = items

    def mark_done(self, fanin: str, slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return item_format.group(slot // GROUP_SIZE, self._mark(fanin, slot, "done", unless="failed"))

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`. The first reason is kept."""
        group = item_format.group(slot // GROUP_SIZE, self._mark(fanin, slot, "failed", unless="done"))
        if slot not in group.failed:
            return group
        self._table.update(item_format.reason_key(fanin, slot), first={"reason": reason})
        return replace(group, reason=reason)

    def move(self, fanin: str, slot: int, to: str, to_slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        group, place = divmod(slot, GROUP_SIZE)
        item = self._table.update(
            item_format.group_key(fanin, group),
            add={f"m{place}": [item_format.place(to, to_slot)]},
            condition="NOT contains(#failed, :slot)",
            given={"slot": place},
        )
        return item_format.group(group, item)

    def mark_all_failed(self, fanin: str, reasons: Mapping[int, str]) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`: one request for the outcomes, unless others change them."""
        number = min(reasons) // GROUP_SIZE
        group = self._mark_all(fanin, number, frozenset(reasons))
        new_reasons = {slot: reasons[slot] for slot in sorted(group.failed & reasons.keys())}
        if not new_reasons:
            return group
        self._table.update(
            item_format.reasons_key(fanin, number), first={"reasons": json.dumps(new_reasons, ensure_ascii=False)}
        )
        return replace(group, reason=next(iter(new_reasons.values())))

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return item_format.group(group, self._table.update(item_format.group_key(fanin, group), put={"size": size}))

    def count_failures(self, fanin: str, group: Group) -> Section:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        number = group.number // SECTION_SIZE
        item = self._rise(item_format.section_key(fanin, number), f"f{group.number}", len(group.failed))
        return Section(number, item_format.counts(item))

    def climb(self, fanin: str, group: Group, section: Section | None = None) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        full = {"full": [group.number]} if group.full else {}
        if section is None:
            return item_format.fanin(fanin, self._table.update(fanin, add=full))
        reason = {} if group.reason is None else {"reason": group.reason}
        top = item_format.fanin(
            fanin, self._rise(fanin, f"s{section.number}", section.failures, add=full, first=reason)
        )
        if group.full and group.number not in top.full:
            # A larger count was there, which refused all of the update.
            return item_format.fanin(fanin, self._table.update(fanin, add=full))
        return top

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return item_format.fanin(
            fanin, self._table.update(fanin, put={"groups": groups, "total": total, "tolerated": tolerated})
        )

    def add_token(self, fanin: str, token: str, execution: str | None = None) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        note = {"execution": execution} if execution else {}
        return item_format.fanin(fanin, self._table.update(fanin, add={"tokens": [token]}, put=note))

    def note_parent(self, job: str, execution: str, etag: str) -> str | None:
        """Note the execution of a job that has parts, where they are of that ETag's document; return whose they are."""
        noted, same = {"execution": execution, "etag": etag}, "attribute_not_exists(#etag) OR #etag = :etag"
        # It lasts as long as the parts do, which a redrive may combine much later.
        item = self._table.update(job, put=noted, condition=same, lasts_seconds=self._table.retention_seconds)
        return dynamodb.text(item, "etag")

    def note_heard(self, job: str, chunk: int, fanin: str, slot: int) -> None:
        """Note that a pending chunk was heard of now, by the token of a slot of a fan-in."""
        self._table.update(
            item_format.heard_key(job, chunk), put={"heard": int(time.time()), "place": item_format.place(fanin, slot)}
        )

    def heard(self, job: str, chunks: Iterable[int]) -> dict[int, Heard]:
        """Return when pending chunks were heard of, of those that ever were. A request tells of a hundred."""
        return {chunk: last for (_, chunk), last in self.heard_in((job, chunk) for chunk in chunks).items()}

    def heard_in(self, chunks: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Heard]:
        """Return the same of chunks of several jobs, each by its job and index."""
        items = self._table.get_all([item_format.heard_key(*one) for one in chunks])
        named = ((item["pk"]["S"].rpartition("~"), item) for item in items)
        return {(job, int(chunk)): item_format.heard(item) for (job, _, chunk), item in named}

    def secret(self) -> bytes:
        """Return what chunk tokens are signed with: whoever asks first makes it, and it stays."""
        made = {"secret": secrets.token_hex(32)}
        item = self._table.update(item_format.SIGNING_ITEM, first=made, lasts_seconds=_SECRET_LASTS_SECONDS)
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
        keys = [item_format.section_key(fanin.name, number) for fanin in fanins for number, _ in fanin.failed]
        sections = ((item["pk"]["S"].rpartition("#")[0], item) for item in self._table.get_all(keys))
        return {(fanin, group): count for fanin, item in sections for group, count in item_format.counts(item)}

    def notes(self, fanins: Iterable[str]) -> dict[str, tuple[FanIn, str | None]]:
        """Return fan-ins that are there by their names, each with what made it good.

        A request tells of a hundred.
        """
        items = self._table.get_all([*dict.fromkeys(fanins)])
        named = ((item["pk"]["S"], item) for item in items)
        return {name: (item_format.fanin(name, item), dynamodb.text(item, _MADE_GOOD)) for name, item in named}

    def note_made_good(self, job: str, key: str) -> None:
        """Note where an operator has merged what there is of a job that had failed; one that has expired is left so."""
        self._table.update(
            job, put={_MADE_GOOD: key}, condition="attribute_exists(#total) OR attribute_exists(#execution)"
        )

    def look(self, fanin: str) -> FanIn:
        """Return the fan-in as it is now."""
        return item_format.fanin(fanin, self._table.get(fanin))

    def again(self, fanin: str) -> FanIn:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        return item_format.fanin(fanin, self._table.update(fanin))

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
        self._table.update(fanin.name, put={item_format.REDRIVEN_AS: to, "closed": len(fanin.tokens)})

    def note_redriven(self, fanin: str, as_: str) -> None:
        """Note which fan-in was begun in the place of another, which has no tokens that anybody waits under."""
        self._table.update(fanin, put={item_format.REDRIVEN_AS: as_}, condition="attribute_exists(#tokens)")

    def groups(self, fanin: str, numbers: Iterable[int]) -> Iterator[Group]:
        """Yield those of the fan-in's groups in which something is recorded, in no order."""
        return (group for _, group in self.groups_of((fanin, number) for number in numbers))

    def groups_of(self, wanted: Iterable[tuple[str, int]]) -> Iterator[tuple[str, Group]]:
        """Yield groups of several fan-ins, each with its fan-in's name, as :meth:`groups`."""
        items = self._table.get_all([item_format.group_key(*one) for one in wanted])
        parted = ((item["pk"]["S"].rpartition("#"), item) for item in items)
        return ((fanin, item_format.group(int(number), item)) for (fanin, _, number), item in parted)

    def _mark(self, fanin: str, slot: int, outcome: str, *, unless: str) -> Item:
        group, place = divmod(slot, GROUP_SIZE)
        return self._table.update(
            item_format.group_key(fanin, group),
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
                unchanged, seen = "#done = :seen", {"seen": item_format.places(group.done)}
            # What is refused returns the group as it is: with it the next attempt leaves out what is done.
            places, key = item_format.places(left), item_format.group_key(fanin, number)
            group = item_format.group(
                number, self._table.update(key, add={"failed": places}, condition=unchanged, given=seen)
            )
        return group

    def _rise(self, key: str, name: str, count: int, **changes: Any) -> Item:
        """Put a count, unless a larger one is there; then nothing is changed."""
        condition = f"attribute_not_exists(#{name}) OR #{name} <= :{name}"
        return self._table.update(key, put={name: count}, condition=condition, **changes)

    def _reasons_in(self, fanin: str, groups: range, most: int | None) -> list[str]:
        items = self._table.get_all([item_format.group_key(fanin, group) for group in groups])
        loaded = (item_format.group(int(item["pk"]["S"].rpartition("#")[2]), item) for item in items)
        slots = sorted(chain.from_iterable(group.failed for group in loaded))[:most]
        reasons = self._table.get_all([item_format.reason_key(fanin, slot) for slot in slots])
        known = {int(item["pk"]["S"].rpartition("!")[2]): item["reason"]["S"] for item in reasons}
        batch_reasons = self._told_at_once(fanin, [slot for slot in slots if slot not in known])
        known = {**batch_reasons, **known}
        return [known[slot] for slot in slots if slot in known]

    def _told_at_once(self, fanin: str, slots: Iterable[int]) -> dict[int, str]:
        groups = sorted({slot // GROUP_SIZE for slot in slots})
        items = self._table.get_all([item_format.reasons_key(fanin, group) for group in groups])
        return {int(slot): why for item in items for slot, why in json.loads(item["reasons"]["S"]).items()}


def connect() -> DynamoLedger:
    """Return the ledger that this function's settings name."""
    return DynamoLedger(dynamodb.connect())
