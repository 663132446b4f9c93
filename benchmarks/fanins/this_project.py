"""This project's fan-in: over its DynamoDB ledger, and over the one in memory, where large jobs fit."""

from collections import Counter

from benchmarks.billing.capacity import Item, container_bytes, item_bytes, number_bytes, write_units
from benchmarks.billing.prices import WRITE_UNIT, Usage
from benchmarks.fanins.alternative import EXPIRES, Alternative
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group, Ledger, Section
from testing.memory_ledger import MemoryLedger

EXECUTION = f"arn:aws:states:eu-central-1:000000000000:execution:{'m' * 80}:{'e' * 80}"
"""The longest names: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html"""
_PLACE_BYTES = [number_bytes(place) for place in range(GROUP_SIZE)]


class Ours(Alternative):
    """Sets in groups of 256: :mod:`sfn_callback.fanin.protocol`."""

    name = "**this project**"

    def __init__(self, job: str, items: Ledger | None = None) -> None:
        super().__init__(job)
        self.ledger = items or ledger.connect()

    def seal(self, total: int) -> None:
        """See :class:`Alternative`."""
        protocol.seal(self.ledger, self.job, total, 0)

    def wait(self, token: str) -> None:
        """See :class:`Alternative`."""
        protocol.wait(self.ledger, self.job, token, EXECUTION)

    def done(self, slot: int) -> None:
        """See :class:`Alternative`."""
        protocol.chunk_done(self.ledger, self.job, slot)


class MeteredLedger(MemoryLedger):
    """The ledger in memory, which counts as :class:`~benchmarks.billing.meter.Meter` does on DynamoDB."""

    def __init__(self) -> None:
        super().__init__()
        self.usage = Usage()
        self.writes: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """See :class:`~sfn_callback.fanin.items.Ledger`; the reason is an item of its own."""
        group = super().mark_failed(fanin, slot, reason)
        self._written(f"{fanin}!{slot}", {"reason": {"S": reason}}, {})
        return group

    def count_failures(self, fanin: str, group: Group) -> Section:
        """See :class:`~sfn_callback.fanin.items.Ledger`."""
        section = super().count_failures(fanin, group)
        self._written(
            f"{fanin}#s{section.number}", {f"f{number}": _number(count) for number, count in section.failed}, {}
        )
        return section

    def put_group(self, fanin: str, group: Group) -> Group:
        """See :class:`~testing.memory_ledger.MemoryLedger`."""
        rest = {"size": _number(group.size)} if group.size else {}
        outcomes = {"done": group.done, "failed": group.failed}
        places = {name: sum(_PLACE_BYTES[slot % GROUP_SIZE] for slot in slots) for name, slots in outcomes.items()}
        sets = {name: container_bytes(places[name], len(slots)) for name, slots in outcomes.items()}
        self._written(f"{fanin}#{group.number}", rest, sets)
        return super().put_group(fanin, group)

    def put_fanin(self, item: FanIn) -> FanIn:
        """See :class:`~testing.memory_ledger.MemoryLedger`."""
        values = {
            "groups": item.groups,
            "total": item.total,
            "tolerated": item.tolerated,
            "closed": item.closed or None,
        }
        values |= {f"s{section}": count for section, count in item.failed}
        rest: dict[str, Item] = {name: _number(value) for name, value in values.items() if value is not None}
        texts = {"reason": item.reason, "execution": item.execution}
        rest |= {name: {"S": text} for name, text in texts.items() if text}
        sets = {"full": container_bytes(sum(map(number_bytes, item.full)), len(item.full))}
        sets["tokens"] = container_bytes(sum(map(len, item.tokens)), len(item.tokens))
        self._written(item.name, rest, {name: sets[name] for name in sets if getattr(item, name)})
        return super().put_fanin(item)

    def _written(self, key: str, rest: Item, sets: dict[str, int]) -> None:
        item = {"pk": {"S": key}, "expires": {"N": str(EXPIRES)}, **rest}
        after = item_bytes(item) + sum(len(name) + size for name, size in sets.items() if size > container_bytes(0, 0))
        self.usage.requests["UpdateItem"] += 1
        self.usage.units[WRITE_UNIT] += write_units(self.sizes[key], after)
        self.writes[key] += 1
        self.sizes[key] = after


def _number(value: int) -> Item:
    return {"N": str(value)}
