"""Sizes of DynamoDB's items, and the request units that they cost, by the documented rules.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html:
a text is its bytes of UTF-8; a number about one byte for two significant digits, and one more; a list or a map 3 bytes,
and one more for each element; an item is its attributes and their names. An update writes the larger of the item
before and after it, in units of 1 KB, twice that in a transaction; a consistent read is in units of 4 KB.
The page does not say what a set costs: it is taken for a list, which is the most that it can cost.
"""

from collections.abc import Callable, Mapping
from typing import Any

_WRITE_BYTES = 1_024
_READ_BYTES = 4_096
_CONTAINER_BYTES = 3
MAX_ITEM_BYTES = 400 * 1_024
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""

Item = Mapping[str, Any]


def item_bytes(item: Item) -> int:
    """Return an item's size; ``{}`` is an item that is not there."""
    return sum(text_bytes(name) + _value_bytes(value) for name, value in item.items())


def write_units(before: int, after: int) -> int:
    """Return what it costs to change an item of so many bytes."""
    return max(1, _rounded_up(max(before, after), _WRITE_BYTES))


def read_units(size: int) -> int:
    """Return what it costs to read an item of so many bytes consistently."""
    return max(1, _rounded_up(size, _READ_BYTES))


def text_bytes(text: str) -> int:
    """Return a text's size."""
    return len(text.encode())


def number_bytes(number: str | int) -> int:
    """Return a number's size."""
    digits = len(str(number).strip("-").strip("0")) or 1
    return _rounded_up(digits, 2) + 1


def container_bytes(elements: int, count: int) -> int:
    """Return the size of a list, a map or a set with ``count`` elements of so many bytes together."""
    return _CONTAINER_BYTES + elements + count


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    return _SIZES[kind](content)


def _rounded_up(amount: int, unit: int) -> int:
    return -(-amount // unit)


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": text_bytes,
    "N": number_bytes,
    "BOOL": lambda _: 1,
    "SS": lambda texts: container_bytes(sum(map(text_bytes, texts)), len(texts)),
    "NS": lambda numbers: container_bytes(sum(map(number_bytes, numbers)), len(numbers)),
    "L": lambda values: container_bytes(sum(map(_value_bytes, values)), len(values)),
}
