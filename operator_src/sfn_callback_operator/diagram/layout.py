"""Places boxes in ranks, one below the other, and leads links between them.

This is how layered graphs are drawn since Sugiyama, Tagawa and Toda (https://doi.org/10.1109/TSMC.1981.4308636): links
that go back are turned round, boxes come below all that lead to them, a link that passes ranks has a place of its own
in each, ranks are put in an order with few crossings, and places are moved to where links are straight. Every other
rank is for labels.

Two promises follow from that, and are tested. No link passes behind a box: in a rank it goes straight down at its own
place, and only between ranks it moves to the side. And no label lies on another, on a box, or on another link.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sfn_callback_operator.diagram import alignment, rank_order
from sfn_callback_operator.diagram.rank_order import LOOP, Box, Item, Link

Point = tuple[float, float]
_BETWEEN = 22.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where a link leads, from its start to its end, and the middle of its label.

    Two points above or beside one another are joined by a line, others by a curve that is upright at both.
    """

    points: Sequence[Point]
    label: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """A size, the boxes' upper left corners, and a route for each link."""

    width: float
    height: float
    corners: Mapping[str, Point]
    routes: Sequence[Route]


def placed(boxes: Mapping[str, Box], links: Sequence[Link]) -> Layout:
    """Place boxes; those that nothing leads to are at the top, in their order.

    Args:
        boxes: by name.
        links: between them, one that leads from a box to itself among them.
    """
    back = rank_order.going_back(boxes, links)
    items = {name: rank_order.item_of(name, box, links) for name, box in boxes.items()}
    for name, rank in rank_order.ranked(boxes, links, back).items():
        items[name].rank = 2 * rank
    chains = [rank_order.chained(link, items, number in back) for number, link in enumerate(links)]
    ranks = rank_order.ordered(rank_order.in_ranks(items, chains))
    alignment.shift(ranks)
    tops = _tops(ranks)
    corners = {name: _corner(items[name], box, tops) for name, box in boxes.items()}
    ports = alignment.ports_of(chains)
    alignment.straighten(ranks, chains, ports)
    routes = _Routing(boxes, links, chains, corners, tops, back, ports).routes()
    rightmost = max((item.x + item.right for rank in ranks for item in rank), default=0)
    return Layout(rightmost, tops[-1] - _BETWEEN if ranks else 0, corners, routes)


def _tops(ranks: Sequence[Sequence[Item]]) -> list[float]:
    """Return where each rank begins, and where one below the last would."""
    tops = [0.0]
    for rank in ranks:
        tops.append(tops[-1] + max(item.height for item in rank) + _BETWEEN)
    return tops


def _corner(item: Item, box: Box, tops: Sequence[float]) -> Point:
    room = tops[item.rank + 1] - _BETWEEN - tops[item.rank]
    return item.x - item.left, tops[item.rank] + (room - box.height) / 2


@dataclass(frozen=True, slots=True)
class _Routing:
    """What routes are made of: the boxes' corners, the ranks' tops, and each link's items."""

    boxes: Mapping[str, Box]
    links: Sequence[Link]
    chains: Sequence[Sequence[Item]]
    corners: Mapping[str, Point]
    tops: Sequence[float]
    back: Collection[int]
    ports: Mapping[tuple[int, int], float]

    def routes(self) -> list[Route]:
        """Return a route for each link."""
        return [self._route(number) if chain else self._loop(number) for number, chain in enumerate(self.chains)]

    def _route(self, number: int) -> Route:
        link, chain, turned = self.links[number], self.chains[number], number in self.back
        out, into = self.ports[number, 0], self.ports[number, -1]
        upper, lower = (link.end, link.start) if turned else (link.start, link.end)
        points = [(out, self.corners[upper][1] + self.boxes[upper].height), (out, self._bottom(chain[0].rank))]
        for item in chain[1:-1]:
            points += [(item.x, self.tops[item.rank]), (item.x, self._bottom(item.rank))]
        points += [(into, self.tops[chain[-1].rank]), (into, self.corners[lower][1])]
        labelled = chain[-2] if turned else chain[1]
        label = labelled.x, (self.tops[labelled.rank] + self._bottom(labelled.rank)) / 2
        # A line of no length has no direction, which the head of an arrow needs.
        seen = list(dict.fromkeys(points))
        return Route(seen[::-1] if turned else seen, label)

    def _loop(self, number: int) -> Route:
        """Lead a link round the right edge of its box, with its label beside it, below those before."""
        link = self.links[number]
        loops = [at for at, one in enumerate(self.links) if one.start == one.end == link.start]
        (x, y), box, place = self.corners[link.start], self.boxes[link.start], loops.index(number)
        right, middle = x + box.width, y + box.height * (place + 0.5) / len(loops)
        half, out = min(7.0, box.height / len(loops) / 3), right + LOOP - 8
        points = [(right, middle - half), (out, middle - half), (out, middle + half), (right, middle + half)]
        heights = [rank_order.loop_height(self.links[one]) for one in loops]
        label = y + box.height / 2 + sum(heights[:place]) + heights[place] / 2 - sum(heights) / 2
        return Route(points, (right + LOOP + link.label.width / 2, label))

    def _bottom(self, rank: int) -> float:
        return self.tops[rank + 1] - _BETWEEN
