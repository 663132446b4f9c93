"""The fan-in's items in the ledger's table.

A group is the item ``<fan-in>#<group>``: number sets ``done`` and ``failed``, ``size`` where it is known, and
``reason_<slot>`` for each failed slot. Its slots are counted from 0, so that an item with all 256 of them stays below
1 KB, and each update costs one write unit, however large the job. Each has a partition key of its own, so that no
partition is hot.

The fan-in's top is the item ``<fan-in>``: number sets ``full`` and ``failed``; ``groups``, ``total``,
``tolerated``; the string set ``tokens``; ``reason``. Notes that decide nothing: ``redriven_as``, the fan-in that was
begun in its place; ``missing`` and ``missing_since``, what the sweeper saw and when first; ``closed``, how many of the
tokens it is through with, so that another one opens it again.
"""

import time
from collections.abc import Iterable, Iterator

from sfn_callback import table
from sfn_callback.fanin import GROUP_SIZE, MAX_TOLERATED, FanIn, Group
from sfn_callback.table import Item, Table, Values

_MAY_FAIL = (
    "attribute_not_exists(#failed) OR"
    " (size(#failed) <= :cap AND (attribute_not_exists(#tolerated) OR size(#failed) <= #tolerated))"
)
"""Past the tolerance another failure changes nothing: a job whose chunks all fail keeps a small item."""


OPEN = "attribute_exists(#tokens) AND (attribute_not_exists(#closed) OR #closed < size(#tokens))"
"""The filter of fan-ins that somebody may wait for."""

REDRIVEN_AS = "redriven_as"


class DynamoLedger:
    """:class:`sfn_callback.fanin.Ledger` over the table, with its errors."""

    def __init__(self, items: Table) -> None:
        self._table = items

    def mark_done(self, fanin: str, slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return self._mark(fanin, slot, "done", unless="failed")

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`. The first reason is kept."""
        return self._mark(fanin, slot, "failed", unless="done", first={f"reason_{slot % GROUP_SIZE}": reason})

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return _group(group, self._table.update(_group_key(fanin, group), put={"size": size}))

    def climb(self, fanin: str, group: Group) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        full = {"full": [group.number]} if group.full else {}
        if not group.failed:
            return _fanin(fanin, self._table.update(fanin, add=full))
        item = self._table.update(
            fanin,
            add={**full, "failed": sorted(group.failed)},
            first={} if group.reason is None else {"reason": group.reason},
            condition=_MAY_FAIL,
            given={"cap": MAX_TOLERATED},
        )
        return _fanin(fanin, item)

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return _fanin(fanin, self._table.update(fanin, put={"groups": groups, "total": total, "tolerated": tolerated}))

    def add_token(self, fanin: str, token: str) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return _fanin(fanin, self._table.update(fanin, add={"tokens": [token]}))

    def reasons(self, fanin: str, total: int) -> list[str]:
        """Return why slots of the fan-in failed, as given to :meth:`mark_failed`, in no order."""
        items = self._table.get_all([_group_key(fanin, group) for group in range(-(-total // GROUP_SIZE))])
        return [value["S"] for item in items for name, value in item.items() if name.startswith("reason_")]

    def look(self, fanin: str) -> FanIn:
        """Return the fan-in as it is now."""
        return _fanin(fanin, self._table.get(fanin))

    def note_missing(self, fanin: str, missing: int) -> int:
        """Note how many slots have no fate; return since when (epoch seconds) it has been so many."""
        noted = {"missing": missing, "missing_since": int(time.time())}
        differs = "attribute_not_exists(#missing) OR #missing <> :missing"
        item = self._table.update(fanin, put=noted, condition=differs)
        return table.number(item, "missing_since") or 0

    def close(self, fanin: FanIn) -> None:
        """Note that nobody waits under the tokens that the fan-in has, unless it has expired."""
        self._table.update(fanin.name, put={"closed": len(fanin.tokens)}, condition="attribute_exists(#tokens)")

    def hand_on(self, fanin: FanIn, to: str) -> None:
        """Note that another fan-in has taken over the tokens that this one has."""
        self._table.update(fanin.name, put={REDRIVEN_AS: to, "closed": len(fanin.tokens)})

    def groups(self, fanin: str, numbers: Iterable[int]) -> Iterator[Group]:
        """Yield those of the fan-in's groups in which something is recorded, in no order."""
        items = self._table.get_all([_group_key(fanin, number) for number in numbers])
        return (_group(int(item["pk"]["S"].rpartition("#")[2]), item) for item in items)

    def _mark(self, fanin: str, slot: int, fate: str, *, unless: str, first: Values | None = None) -> Group:
        group, place = divmod(slot, GROUP_SIZE)
        item = self._table.update(
            _group_key(fanin, group),
            add={fate: [place]},
            first=first,
            condition=f"NOT contains(#{unless}, :slot)",
            given={"slot": place},
        )
        return _group(group, item)


def connect() -> DynamoLedger:
    """Return the ledger that this function's settings name."""
    return DynamoLedger(table.connect())


def _group_key(fanin: str, group: int) -> str:
    return f"{fanin}#{group}"


def _group(number: int, item: Item) -> Group:
    done, failed = table.numbers(item, "done"), table.numbers(item, "failed")
    reason = table.text(item, f"reason_{min(failed)}") if failed else None
    return Group(number, _slots(number, done), _slots(number, failed), table.number(item, "size"), reason)


def _slots(group: int, places: frozenset[int]) -> frozenset[int]:
    return frozenset(map((group * GROUP_SIZE).__add__, places))


def _fanin(name: str, item: Item) -> FanIn:
    return FanIn(
        name=name,
        full=table.numbers(item, "full"),
        failed=table.numbers(item, "failed"),
        groups=table.number(item, "groups"),
        total=table.number(item, "total"),
        tolerated=table.number(item, "tolerated"),
        tokens=table.texts(item, "tokens"),
        reason=table.text(item, "reason"),
    )
