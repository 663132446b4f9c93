"""Where in its rank each item is, so that links are straight: :mod:`layout` has the whole."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from sfn_callback_operator.diagram.rank_order import Item

_BESIDE, _APART = 22.0, 28.0
_SHIFTS, _LOOSE = 60, 12
"""How often items are moved: at first by what is above, or below, then by both."""


def shift(ranks: Sequence[Sequence[Item]]) -> None:
    """Move the items of all ranks to where links are straight; the leftmost is at 0."""
    for rank in ranks:
        _settle(rank, [(0.0, 1.0)] * len(rank))
    for number in range(_SHIFTS):
        for rank in ranks if number % 2 == 0 else ranks[::-1]:
            _settle(rank, [_wanted(item, number % 2 == 0, both=number > _LOOSE) for item in rank])
    leftmost = min((item.x - item.left for rank in ranks for item in rank), default=0)
    for rank in ranks:
        for item in rank:
            item.x -= leftmost


def _wanted(item: Item, down: bool, both: bool) -> tuple[float, float]:
    """Return where an item is best, and how much that matters."""
    others = [*item.ups, *item.downs] if both else (item.ups if down else item.downs)
    weight = sum(one for _, one in others)
    return (sum(other.x * one for other, one in others) / weight, weight) if weight else (item.x, 0.01)


def _settle(rank: Sequence[Item], wanted: Sequence[tuple[float, float]]) -> None:
    """Put items as near as can be to where they are best, none on another: the least squares, by merging neighbours."""
    offsets, blocks = [0.0], list[tuple[float, float, int]]()
    for before, item in pairwise(rank):
        offsets.append(offsets[-1] + before.right + item.left + _BESIDE)
    for (best, weight), offset in zip(wanted, offsets, strict=False):
        block = (best - offset, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            at, more, number = blocks.pop()
            total = more + block[1]
            block = ((at * more + block[0] * block[1]) / total, total, number + block[2])
        blocks.append(block)
    places = (at for at, _, number in blocks for _ in range(number))
    for item, offset, at in zip(rank, offsets, places, strict=False):
        item.x = at + offset


def ports_of(chains: Sequence[Sequence[Item]]) -> dict[tuple[int, int], float]:
    """Return where on the edges of its boxes each link starts and ends, by its number and the end of its chain."""
    sides: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for number, chain in enumerate(chains):
        for end, beside in ((0, 1), (-1, -2)) if chain else ():
            sides.setdefault((id(chain[end]), end), []).append((chain[beside].x, number))
    ports = {}
    for (_, end), found in sides.items():
        for place, (_, number) in enumerate(sorted(found)):
            item = chains[number][end]
            step = min(2 * item.left / (len(found) + 1), _APART)
            ports[number, end] = item.x + (place - (len(found) - 1) / 2) * step
    return ports


def straighten(
    ranks: Sequence[Sequence[Item]], chains: Sequence[Sequence[Item]], ports: Mapping[tuple[int, int], float]
) -> None:
    """Put what passes ranks at one place in as many of them as there is room for between the neighbours."""
    for number, chain in enumerate(chains):
        run: list[Item] = []
        least, most = -math.inf, math.inf
        for item in chain[1:-1]:
            low, high = _room(ranks[item.rank], item)
            if run and max(least, low) > min(most, high):
                _align(run, least, most, ports[number, 0], ports[number, -1])
                run, least, most = [], -math.inf, math.inf
            run, least, most = [*run, item], max(least, low), min(most, high)
        if run:
            _align(run, least, most, ports[number, 0], ports[number, -1])


def _room(rank: Sequence[Item], item: Item) -> tuple[float, float]:
    """Return between which places an item may be moved while its neighbours stay."""
    before = rank[item.place - 1] if item.place else None
    after = rank[item.place + 1] if item.place + 1 < len(rank) else None
    least = before.x + before.right + _BESIDE + item.left if before else item.left
    return least, after.x - after.left - _BESIDE - item.right if after else math.inf


def _align(run: Sequence[Item], least: float, most: float, out: float, into: float) -> None:
    best = median([out, into, sum(item.x for item in run) / len(run)])
    for item in run:
        item.x = min(max(best, least), most)
