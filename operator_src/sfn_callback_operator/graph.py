"""A state machine's definition as a graph: in Mermaid, and as an SVG that needs nothing else."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_callback_operator.drawing import framed
from sfn_callback_operator.screen import escaped

_ACROSS, _DOWN, _WIDE, _TALL, _MARGIN, _TOP = 230, 92, 180, 46, 30, 60
_STYLE = "text{font:13px system-ui,sans-serif;fill:#222;text-anchor:middle}.k{font-size:11px;fill:#667}"
_ARROW = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>'
)
_FILL = {"waits": "#dfe8fb", "Fail": "#fadadd", "Succeed": "#dcf3e4"}


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name and type, and whether it waits on a task token."""

    name: str
    kind: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a state to another: ``label`` says when it is taken, ``caught`` whether after an error."""

    start: str
    end: str
    label: str = ""
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """A machine; the states are in the order of its definition."""

    first: str
    states: tuple[State, ...]
    edges: tuple[Edge, ...]


def read(definition: Mapping[str, Any]) -> Graph:
    """Read a definition in the Amazon States Language."""
    states = definition["States"]
    found = (State(name, one["Type"], "waitForTaskToken" in str(one.get("Resource"))) for name, one in states.items())
    edges = tuple(edge for name, one in states.items() for edge in _edges(name, one))
    return Graph(definition["StartAt"], tuple(found), edges)


def mermaid(graph: Graph) -> str:
    """Return the graph as a Mermaid flowchart."""
    lines = ["flowchart TD", f"  start([start]) --> {_id(graph.first)}"]
    for state in graph.states:
        left, right = ("{{", "}}") if state.waits else ("([", "])") if state.kind in ("Fail", "Succeed") else ("[", "]")
        lines.append(f'  {_id(state.name)}{left}"{state.name}"{right}')
    for edge in graph.edges:
        label = f'|"{edge.label}"|' if edge.label else ""
        lines.append(f"  {_id(edge.start)} {'-.->' if edge.caught else '-->'}{label} {_id(edge.end)}")
    return "\n".join(lines) + "\n"


def svg(graph: Graph, title: str) -> str:
    """Return the graph drawn: what goes well from top to bottom on the left, what follows an error to the right."""
    places = _places(graph)
    width = max(x for x, _ in places.values()) + _WIDE + 2 * _MARGIN
    height = max(y for _, y in places.values()) + _TALL + _MARGIN
    edges = "".join(_arrow(edge, places) for edge in graph.edges if edge.end in places and edge.start in places)
    boxes = "".join(_box(state, *places[state.name]) for state in graph.states if state.name in places)
    heading = f'<text x="{width / 2}" y="30">{escaped(title)}</text>'
    return framed(title, width, height, _STYLE, f"{_ARROW}{heading}{edges}{boxes}")


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[Edge]:
    if "Next" in state:
        yield Edge(name, state["Next"])
    for choice in state.get("Choices", ()):
        yield Edge(name, choice["Next"], _condition(choice))
    if "Default" in state:
        yield Edge(name, state["Default"], "else")
    for catch in state.get("Catch", ()):
        yield Edge(name, catch["Next"], ", ".join(catch["ErrorEquals"]), caught=True)


def _condition(choice: Mapping[str, Any]) -> str:
    compared = next((f"{name} {value}" for name, value in choice.items() if name not in ("Next", "Variable")), "")
    return f"{choice.get('Variable', '')} {compared}".strip()


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    """Place states: below all that lead to them, and further to the right what follows an error."""
    taken: set[tuple[int, int]] = set()
    cells: dict[str, tuple[int, int]] = {}
    for name, rank in _ranks(graph).items():
        ways = [edge for edge in graph.edges if edge.end == name and edge.start in cells]
        column = min((cells[edge.start][0] + edge.caught for edge in ways), default=0)
        while (column, rank) in taken:
            column += 1
        cells[name] = (column, rank)
        taken.add((column, rank))
    return {name: (_MARGIN + _ACROSS * column, _TOP + _DOWN * rank) for name, (column, rank) in cells.items()}


def _ranks(graph: Graph) -> dict[str, int]:
    """Return how far from the start states are at the most, where no way is gone back; the nearest first."""
    after: list[str] = []
    forward: list[Edge] = []
    _walk(graph, graph.first, (), after, forward)
    ranks = dict.fromkeys(reversed(after), 0)
    for name in ranks:
        for edge in (one for one in forward if one.start == name):
            ranks[edge.end] = max(ranks[edge.end], ranks[name] + 1)
    return dict(sorted(ranks.items(), key=lambda one: one[1]))


def _walk(graph: Graph, name: str, path: tuple[str, ...], after: list[str], forward: list[Edge]) -> None:
    for edge in sorted((one for one in graph.edges if one.start == name), key=lambda one: not one.caught):
        if edge.end in (*path, name):
            continue
        forward.append(edge)
        if edge.end not in after:
            _walk(graph, edge.end, (*path, name), after, forward)
    after.append(name)


def _box(state: State, x: int, y: int) -> str:
    fill = _FILL["waits"] if state.waits else _FILL.get(state.kind, "#f3f4f7")
    kind = f"{state.kind}, waits on a task token" if state.waits else state.kind
    return (
        f'<rect class="b" x="{x}" y="{y}" width="{_WIDE}" height="{_TALL}" rx="7" fill="{fill}" stroke="#9aa5b8">'
        f"<title>{escaped(state.name)}: {escaped(kind)}</title></rect>"
        f'<text x="{x + _WIDE / 2}" y="{y + 20}">{escaped(state.name)}</text>'
        f'<text class="k" x="{x + _WIDE / 2}" y="{y + 36}">{escaped(kind)}</text>'
    )


def _arrow(edge: Edge, places: Mapping[str, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = places[edge.start], places[edge.end]
    dash = ' stroke-dasharray="5 4"' if edge.caught else ""
    colour = "#d62839" if edge.caught else "#667"
    start, end, middle = x1 + _WIDE / 2, x2 + _WIDE / 2, (y1 + _TALL + y2) / 2
    path = f"M{start} {y1 + _TALL} C{start} {middle} {end} {middle} {end} {y2}"
    if y2 <= y1:
        left = min(x1, x2) - 26
        path = f"M{x1} {y1 + _TALL / 2} C{left} {y1} {left} {y2 + _TALL} {x2} {y2 + _TALL / 2}"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}"{dash} marker-end="url(#a)">'
        f"<title>{escaped(edge.label)}</title></path>"
    )
