"""The fan-in's items in the ledger's table.

A group is the item ``<fan-in>#<group>``: number sets ``done`` and ``failed``, ``size`` where it is known, and
``reason_<slot>`` for each failed slot. Each has a partition key of its own, so that no partition is hot.

The fan-in's top is the item ``<fan-in>``: number sets ``full`` and ``failed``; ``groups``, ``total``,
``tolerated``; ``token``; ``reason``.
"""

from sfn_callback import table
from sfn_callback.fanin import GROUP_SIZE, MAX_TOLERATED, FanIn, Group
from sfn_callback.table import Item, Table, Values

_MAY_FAIL = (
    "attribute_not_exists(#failed) OR"
    " (size(#failed) <= :cap AND (attribute_not_exists(#tolerated) OR size(#failed) <= #tolerated))"
)
"""Past the tolerance another failure changes nothing: a job whose chunks all fail keeps a small item."""


class DynamoLedger:
    """:class:`sfn_callback.fanin.Ledger` over the table, with its errors."""

    def __init__(self, items: Table) -> None:
        self._table = items

    def mark_done(self, fanin: str, slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return self._mark(fanin, slot, "done", unless="failed")

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`. The first reason is kept."""
        return self._mark(fanin, slot, "failed", unless="done", first={f"reason_{slot}": reason})

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

    def set_token(self, fanin: str, token: str) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`. A retried wait has a new token: the last one counts."""
        return _fanin(fanin, self._table.update(fanin, put={"token": token}))

    def reasons(self, fanin: str, total: int) -> list[str]:
        """Return why slots of the fan-in failed, as given to :meth:`mark_failed`, in no order."""
        items = self._table.get_all([_group_key(fanin, group) for group in range(-(-total // GROUP_SIZE))])
        return [value["S"] for item in items for name, value in item.items() if name.startswith("reason_")]

    def _mark(self, fanin: str, slot: int, fate: str, *, unless: str, first: Values | None = None) -> Group:
        group = slot // GROUP_SIZE
        item = self._table.update(
            _group_key(fanin, group),
            add={fate: [slot]},
            first=first,
            condition=f"NOT contains(#{unless}, :slot)",
            given={"slot": slot},
        )
        return _group(group, item)


def connect() -> DynamoLedger:
    """Return the ledger that this function's settings name."""
    return DynamoLedger(table.connect())


def _group_key(fanin: str, group: int) -> str:
    return f"{fanin}#{group}"


def _group(number: int, item: Item) -> Group:
    failed = table.numbers(item, "failed")
    reason = table.text(item, f"reason_{min(failed)}") if failed else None
    return Group(number, table.numbers(item, "done"), failed, table.number(item, "size"), reason)


def _fanin(name: str, item: Item) -> FanIn:
    return FanIn(
        name=name,
        full=table.numbers(item, "full"),
        failed=table.numbers(item, "failed"),
        groups=table.number(item, "groups"),
        total=table.number(item, "total"),
        tolerated=table.number(item, "tolerated"),
        token=table.text(item, "token"),
        reason=table.text(item, "reason"),
    )
