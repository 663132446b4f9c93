"""Counts requests where they leave botocore, and the DynamoDB units of each."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.billing.capacity import Item, item_bytes, read_units, write_units
from benchmarks.billing.prices import READ_UNIT, WRITE_UNIT, Usage

_READS = {"GetItem", "BatchGetItem"}
_WRITES = {"UpdateItem": 1, "PutItem": 1, "TransactWriteItems": 2}
"""How often each writes an item: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html"""


class Meter:
    """Meters clients.

    ``writes`` counts how often each item was written, ``sizes`` is how large it was at its largest; in a DynamoDB
    table, whose key is ``pk``.

    Args:
        item: returns an item as it is, ``{}`` where there is none. It is asked before and after each request: neither
            an answer nor moto's ``ConsumedCapacity`` says what a request costs.
    """

    def __init__(self, item: Callable[[str], Item]) -> None:
        self._item = item
        self._lock = threading.Lock()
        self._sending = threading.local()
        self.anew()

    def anew(self) -> "Meter":
        """Begin from nothing."""
        self.usage = Usage()
        self.writes: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()
        return self

    def watch(self, *clients: Any) -> None:
        """Meter these clients from now on."""
        for client in clients:
            # First: moto answers at the same event, and nobody after it is asked.
            client.meta.events.register_first("before-send", self._sent)
            client.meta.events.register_first("after-call", self._answered)

    def _sent(self, event_name: str, request: Any, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        with self._lock:
            self.usage.requests[operation] += 1
        keys = _keys(json.loads(request.body)) if operation in _READS | set(_WRITES) else ()
        self._sending.before = {key: self._size(key) for key in keys}

    def _answered(self, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        for key, before in self._sending.before.items():
            if operation in _READS:
                self.usage.units[READ_UNIT] += read_units(before)
            else:
                self._written(key, before, _WRITES[operation])

    def _written(self, key: str, before: int, times: int) -> None:
        after = self._size(key)
        self.usage.units[WRITE_UNIT] += times * write_units(before, after)
        self.writes[key] += 1
        self.sizes[key] = max(self.sizes[key], after)

    def _size(self, key: str) -> int:
        return item_bytes(self._item(key))


def _keys(body: dict[str, Any]) -> Iterator[str]:
    for wanted in body.get("RequestItems", {}).values():
        yield from (key["pk"]["S"] for key in wanted["Keys"])
        return
    for action in (action for item in body.get("TransactItems", [{"Only": body}]) for action in item.values()):
        yield action.get("Key", action.get("Item"))["pk"]["S"]
