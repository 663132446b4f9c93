"""Which rank a box is in, what passes ranks, and the order in each with few crossings: :mod:`layout` has the whole."""

from bisect import bisect, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LOOP = 26.0
"""How far to the right a link goes that leads from a box to itself."""
_ORDERINGS = 12
_PASSING = 8.0
"""How much more a link is to be straight where it passes a rank than where it starts or ends."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a size."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a box to a box, by their names, with a label of a size; heavier ones are rather straight."""

    start: str
    end: str
    label: Box = Box(0, 0)
    weight: float = 1.0


@dataclass(slots=True, eq=False)
class Item:
    """What has a place in a rank: a box, or a link that passes."""

    rank: int
    left: float
    right: float
    height: float
    x: float = 0.0
    place: int = 0
    ups: "list[tuple[Item, float]]" = field(default_factory=list)
    downs: "list[tuple[Item, float]]" = field(default_factory=list)


def item_of(name: str, box: Box, links: Sequence[Link]) -> Item:
    """Return a box's item, with the room for its loops on the right."""
    loops = [link for link in links if link.start == link.end == name]
    more = LOOP + max(link.label.width for link in loops) if loops else 0
    height = max(box.height, sum(map(loop_height, loops)))
    return Item(0, box.width / 2, box.width / 2 + more, height)


def loop_height(link: Link) -> float:
    """Return how much of its box's height a link needs that leads from a box to itself."""
    return link.label.height + 4


def going_back(boxes: Iterable[str], links: Sequence[Link]) -> set[int]:
    """Return the numbers of the links that lead back to where one came from."""
    leaving: dict[str, list[int]] = {}
    for number, link in enumerate(links):
        leaving.setdefault(link.start, []).append(number)
    back, seen = set(), set[str]()
    for root in boxes:
        path = [(root, iter(leaving.get(root, ())))] if root not in seen else []
        on_path = {root} if path else set()
        seen.add(root)
        while path:
            name, ways = path[-1]
            number = next(ways, -1)
            if number < 0:
                path.pop()
                on_path.discard(name)
            elif links[number].end in on_path:
                back.add(number)
            elif links[number].end not in seen:
                end = links[number].end
                seen.add(end)
                on_path.add(end)
                path.append((end, iter(leaving.get(end, ()))))
    return back


def ranked(boxes: Iterable[str], links: Sequence[Link], back: set[int]) -> dict[str, int]:
    """Return how many links lead to a box at the most, where those that go back are turned round."""
    ranks, before, after = dict.fromkeys(boxes, 0), dict.fromkeys(boxes, 0), dict[str, list[str]]()
    for number, link in enumerate(links):
        if link.start != link.end:
            upper, lower = (link.end, link.start) if number in back else (link.start, link.end)
            after.setdefault(upper, []).append(lower)
            before[lower] += 1
    ready = [name for name, number in before.items() if not number]
    for name in ready:
        for lower in after.get(name, ()):
            ranks[lower] = max(ranks[lower], ranks[name] + 1)
            before[lower] -= 1
            if not before[lower]:
                ready.append(lower)
    return ranks


def chained(link: Link, items: Mapping[str, Item], turned: bool) -> list[Item]:
    """Return the items of a link from the upper end to the lower, and tie them; of a loop there are none."""
    if link.start == link.end:
        return []
    upper, lower = (items[link.end], items[link.start]) if turned else (items[link.start], items[link.end])
    labelled = lower.rank - 1 if turned else upper.rank + 1
    chain = [upper]
    for rank in range(upper.rank + 1, lower.rank):
        label = link.label if rank == labelled else Box(0, 0)
        chain.append(Item(rank, label.width / 2, label.width / 2, label.height))
    chain.append(lower)
    for above, below in pairwise(chain):
        weight = link.weight * (1 if above is upper or below is lower else _PASSING)
        above.downs.append((below, weight))
        below.ups.append((above, weight))
    return chain


def in_ranks(items: Mapping[str, Item], chains: Iterable[Sequence[Item]]) -> list[list[Item]]:
    """Return the ranks, each in the order in which one comes to its items from the first box."""
    every = [*items.values(), *(item for chain in chains for item in chain[1:-1])]
    ranks: list[list[Item]] = [[] for _ in range(max((item.rank for item in every), default=-1) + 1)]
    seen, waiting = set[int](), every[::-1]
    while waiting:
        item = waiting.pop()
        if id(item) not in seen:
            seen.add(id(item))
            ranks[item.rank].append(item)
            waiting += [below for below, _ in reversed(item.downs)]
    return ranks


def ordered(ranks: list[list[Item]]) -> list[list[Item]]:
    """Return the ranks in the order with the fewest crossings that was found."""
    best, fewest = [list(rank) for rank in ranks], _crossings(ranks)
    for number in range(_ORDERINGS):
        down = number % 2 == 0
        for rank in ranks[1:] if down else ranks[-2::-1]:
            rank.sort(key=lambda item: _middle(item, item.ups if down else item.downs))
            _number(rank)
        crossings = _crossings(ranks)
        if crossings < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
    for rank in best:
        _number(rank)
    return best


def _middle(item: Item, others: Sequence[tuple[Item, float]]) -> float:
    return sum(other.place for other, _ in others) / len(others) if others else item.place


def _number(rank: Iterable[Item]) -> None:
    for place, item in enumerate(rank):
        item.place = place


def _crossings(ranks: Sequence[Sequence[Item]]) -> int:
    for rank in ranks:
        _number(rank)
    total = 0
    for rank in ranks:
        ends: list[int] = []
        for item in rank:
            below = sorted(other.place for other, _ in item.downs)
            total += sum(len(ends) - bisect(ends, place) for place in below)
            for place in below:
                insort(ends, place)
    return total
