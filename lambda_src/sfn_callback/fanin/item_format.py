"""What the fan-in's items look like in the ledger's table: their keys, and how what they have is read.

A group is the item ``<fan-in>#<group>``: number sets ``done`` and ``failed``, and ``size`` where it is known. Its slots
are counted from 0, so that an item with all 256 of them stays below 1 KB, and each update costs one write unit, however
large the job. Why a slot failed is an item of its own, ``<fan-in>!<slot>``; ``<fan-in>!g<group>`` has the ``reasons``
of slots that were recorded as failed at once, in JSON. Each has a partition key of its own, so that no partition is
hot. ``m<slot>`` of a group is the string set of the places, each a fan-in and a slot there, that a pending chunk has
been moved to: with 45 bytes each they make a group larger.

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

import re
from collections.abc import Iterable
from typing import NamedTuple

from sfn_callback.aws import dynamodb
from sfn_callback.aws.dynamodb import Item
from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group

REDRIVEN_AS = "redriven_as"
SIGNING_ITEM = "chunk-tokens"

_COUNT = re.compile("[fs]([0-9]+)")
_MOVED = re.compile("m([0-9]+)")


class Heard(NamedTuple):
    """When (epoch seconds) a pending chunk was heard of last, and the ``slot`` of the ``fanin`` that it counts for."""

    at: int
    fanin: str
    slot: int


def group_key(fanin: str, group: int) -> str:
    """Return the key of a group."""
    return f"{fanin}#{group}"


def section_key(fanin: str, section: int) -> str:
    """Return the key of a section."""
    return f"{fanin}#s{section}"


def reason_key(fanin: str, slot: int) -> str:
    """Return the key of why a slot failed."""
    return f"{fanin}!{slot}"


def reasons_key(fanin: str, group: int) -> str:
    """Return the key of why slots of a group failed that were recorded at once."""
    return f"{fanin}!g{group}"


def heard_key(job: str, chunk: int) -> str:
    """Return the key of when a pending chunk was heard of."""
    return f"{job}~{chunk}"


def place(fanin: str, slot: int) -> str:
    """Return how a slot of a fan-in is written where it is one of a set."""
    return f"{fanin} {slot}"


def at_place(text: str) -> tuple[str, int]:
    """Read what :func:`place` has written."""
    fanin, _, slot = text.partition(" ")
    return fanin, int(slot)


def heard(item: Item) -> Heard:
    """Read when a pending chunk was heard of."""
    return Heard(dynamodb.number(item, "heard") or 0, *at_place(item["place"]["S"]))


def places(slots: Iterable[int]) -> list[int]:
    """Return slots as their group has them: from 0."""
    return [slot % GROUP_SIZE for slot in sorted(slots)]


def group(number: int, item: Item) -> Group:
    """Read a group."""
    done, failed = dynamodb.numbers(item, "done"), dynamodb.numbers(item, "failed")
    moved = ((_MOVED.fullmatch(name), value) for name, value in item.items())
    places = ((int(match[1]), at_place(place)) for match, value in moved if match for place in value["SS"])
    return Group(
        number,
        slots(number, done),
        slots(number, failed),
        dynamodb.number(item, "size"),
        moved=frozenset((number * GROUP_SIZE + slot, *place) for slot, place in places),
    )


def counts(item: Item) -> frozenset[tuple[int, int]]:
    """Read the counts of failures that a section, or a top, has: by group, or by section."""
    named = ((_COUNT.fullmatch(name), value) for name, value in item.items())
    return frozenset((int(match[1]), int(value["N"])) for match, value in named if match)


def slots(group: int, places: frozenset[int]) -> frozenset[int]:
    """Return what a group has as places from 0 as slots of the fan-in."""
    return frozenset(map((group * GROUP_SIZE).__add__, places))


def fanin(name: str, item: Item) -> FanIn:
    """Read a fan-in's top."""
    return FanIn(
        name=name,
        full=dynamodb.numbers(item, "full"),
        failed=counts(item),
        groups=dynamodb.number(item, "groups"),
        total=dynamodb.number(item, "total"),
        tolerated=dynamodb.number(item, "tolerated"),
        tokens=dynamodb.texts(item, "tokens"),
        reason=dynamodb.text(item, "reason"),
        closed=dynamodb.number(item, "closed") or 0,
        execution=dynamodb.text(item, "execution"),
        redriven_as=dynamodb.text(item, REDRIVEN_AS),
    )
