"""This project's fan-in: over its DynamoDB ledger, and over the one in memory, where large jobs fit."""

from collections import Counter

from benchmarks.billing.capacity import Item, container_bytes, item_bytes, number_bytes, write_units
from benchmarks.billing.prices import WRITE_UNIT, Usage
from benchmarks.fanins.alternative import EXPIRES, Alternative
from sfn_callback import fanin, ledger
from sfn_callback.fanin import GROUP_SIZE, FanIn, Group, Ledger
from tests.fakes.memory_ledger import MemoryLedger

_PLACE_BYTES = [number_bytes(place) for place in range(GROUP_SIZE)]


class Ours(Alternative):
    """Sets in groups of 256: :mod:`sfn_callback.fanin`."""

    name = "**this project**"

    def __init__(self, job: str, items: Ledger | None = None) -> None:
        super().__init__(job)
        self.ledger = items or ledger.connect()

    def seal(self, total: int) -> None:
        """See :class:`Alternative`."""
        fanin.seal(self.ledger, self.job, total, 0)

    def wait(self, token: str) -> None:
        """See :class:`Alternative`."""
        fanin.wait(self.ledger, self.job, token)

    def done(self, slot: int) -> None:
        """See :class:`Alternative`."""
        fanin.chunk_done(self.ledger, self.job, slot)


class MeteredLedger(MemoryLedger):
    """The ledger in memory, which counts as :class:`~benchmarks.billing.meter.Meter` does on DynamoDB."""

    def __init__(self) -> None:
        super().__init__()
        self.usage = Usage()
        self.writes: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()

    def _put_group(self, fanin: str, group: Group) -> Group:
        rest = {"size": {"N": str(group.size)}} if group.size else {}
        places = sum(_PLACE_BYTES[slot % GROUP_SIZE] for slot in group.done)
        self._written(f"{fanin}#{group.number}", rest, {"done": container_bytes(places, len(group.done))})
        return super()._put_group(fanin, group)

    def _put_fanin(self, item: FanIn) -> FanIn:
        values = {"groups": item.groups, "total": item.total, "tolerated": item.tolerated}
        rest: dict[str, Item] = {name: {"N": str(value)} for name, value in values.items() if value is not None}
        sets = {"full": container_bytes(sum(map(number_bytes, item.full)), len(item.full))}
        sets["tokens"] = container_bytes(sum(map(len, item.tokens)), len(item.tokens))
        self._written(item.name, rest, {name: sets[name] for name in sets if getattr(item, name)})
        return super()._put_fanin(item)

    def _written(self, key: str, rest: Item, sets: dict[str, int]) -> None:
        item = {"pk": {"S": key}, "expires": {"N": str(EXPIRES)}, **rest}
        after = item_bytes(item) + sum(len(name) + size for name, size in sets.items() if size > container_bytes(0, 0))
        self.usage.requests["UpdateItem"] += 1
        self.usage.units[WRITE_UNIT] += write_units(self.sizes[key], after)
        self.writes[key] += 1
        self.sizes[key] = after
