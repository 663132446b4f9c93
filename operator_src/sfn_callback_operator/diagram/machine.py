"""A state machine as an SVG that needs nothing else, from its start at the top to its end at the bottom."""

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_callback_operator.diagram import layout
from sfn_callback_operator.diagram.graph import Edge, Graph, State
from sfn_callback_operator.diagram.layout import Layout, Route
from sfn_callback_operator.diagram.rank_order import Box, Link
from sfn_callback_operator.output.screen import escaped
from sfn_callback_operator.output.svg import MARGIN, bar, breadth, framed, lines, text

_TOP, _LINE, _LABEL_LINE, _PAD = 44, 17, 14, 14
_LEAST, _WIDEST_NAME, _WIDEST_LABEL = 130, 230, 170
_END = Box(54, 26)
_ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path class="{name}-end" d="M0 0 8 4 0 8z"/></marker>'
    for name in ("edge", "caught")
)
_KINDS = {"Fail": "bad", "Succeed": "good"}
_START, _STOP = "\0start", "\0end"
"""Names that no state has: https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html"""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Something drawn: how large it is, and its content, whose upper left corner is at 0, 0."""

    width: float
    height: float
    content: str


def svg(graph: Graph, title: str) -> str:
    """Return the graph drawn, with all that is within its states."""
    drawn = _drawn(graph, whole=True)
    heading = lines(title, drawn.width, 17, most=3)
    top = _TOP + 22 * (len(heading) - 1)
    heading_lines = "".join(text(MARGIN, 28 + 22 * number, line, "t") for number, line in enumerate(heading))
    content = f'<defs>{_ARROWS}</defs>{heading_lines}<g transform="translate({MARGIN} {top})">{drawn.content}</g>'
    return framed(title, drawn.width + 2 * MARGIN, drawn.height + top + MARGIN, content)


def _drawn(graph: Graph, whole: bool = False) -> _Drawing:
    """Draw a machine, or, without its start and end, one within a state."""
    states = {state.name: _state(state) for state in _in_order(graph)}
    edges = [*graph.edges, *(_ways_in_and_out(graph) if whole else ())]
    boxes = {name: Box(drawing.width, drawing.height) for name, drawing in states.items()}
    ends = {_START: _END, _STOP: _END} if whole else {}
    links = [Link(edge.start, edge.end, _label_size(edge), 1 if edge.caught else 4) for edge in edges]
    placement = layout.placed({**ends, **boxes}, links)
    parts = [_line(edge, route) for edge, route in zip(edges, placement.routes, strict=True)]
    parts += [_moved(drawing, placement.corners[name]) for name, drawing in states.items()]
    parts += [_end(name, placement) for name in ends]
    parts += [_label(edge, link, route) for edge, link, route in zip(edges, links, placement.routes, strict=True)]
    return _Drawing(placement.width, placement.height, "".join(parts))


def _in_order(graph: Graph) -> list[State]:
    return sorted(graph.states, key=lambda state: state.name != graph.first)


def _ways_in_and_out(graph: Graph) -> Iterator[Edge]:
    yield Edge(_START, graph.first)
    yield from (Edge(state.name, _STOP) for state in graph.states if state.ends)


def _state(state: State) -> _Drawing:
    """Draw a state, with what is within it, one beside the other."""
    name = lines(state.name, _WIDEST_NAME, most=3)
    kind = f"{state.kind}, waits on a task token" if state.waits else state.kind
    within = [_drawn(part) for part in state.within]
    head = 12 + _LINE * len(name) + _LINE
    inner = sum(child.width + _PAD for child in within) + _PAD
    width = max(_LEAST, *(breadth(line) + 24 for line in name), breadth(kind, 11) + 24, inner if within else 0)
    height = head + (max(child.height for child in within) + _PAD if within else 0)
    shade = "wait" if state.waits else _KINDS.get(state.kind, "plain")
    place = f'x="0" y="0" width="{width:.1f}" height="{height:.1f}" rx="7"'
    parts = [bar(place, f"{'paper' if within else shade} framed", f"{state.name}: {kind}")]
    parts += [text(width / 2, 20 + _LINE * number, line, "m") for number, line in enumerate(name)]
    parts.append(text(width / 2, 19 + _LINE * len(name), kind, "m s dim"))
    x = (width - inner) / 2 + _PAD
    for child in within:
        parts.append(_moved(child, (x, head)))
        x += child.width + _PAD
    return _Drawing(width, height, "".join(parts))


def _moved(drawn: _Drawing, to: layout.Point) -> str:
    return f'<g transform="translate({to[0]:.1f} {to[1]:.1f})">{drawn.content}</g>'


def _end(name: str, found: Layout) -> str:
    x, y = found.corners[name]
    said = "start" if name == _START else "end"
    place = f'x="{x:.1f}" y="{y:.1f}" width="{_END.width}" height="{_END.height}" rx="{_END.height / 2}"'
    return f'<rect class="paper framed" {place}/>{text(x + _END.width / 2, y + 17, said, "m")}'


def _label_lines(edge: Edge) -> list[str]:
    return lines(edge.label, _WIDEST_LABEL, 11, most=4)


def _label_size(edge: Edge) -> Box:
    said = _label_lines(edge)
    return Box(max(breadth(line, 11) for line in said) + 8, _LABEL_LINE * len(said) + 4) if said else Box(0, 0)


def _label(edge: Edge, link: Link, route: Route) -> str:
    """Write when a way is taken onto it; what does not fit is said when it is pointed at."""
    if not edge.label:
        return ""
    (x, y), size = route.label, link.label
    left, top = x - size.width / 2, y - size.height / 2
    place = f'x="{left:.1f}" y="{top:.1f}" width="{size.width:.1f}" height="{size.height:.1f}"'
    texts = (text(x, top + 13 + _LABEL_LINE * at, line, "m s dim") for at, line in enumerate(_label_lines(edge)))
    return bar(place, "paper", edge.label) + "".join(texts)


def _line(edge: Edge, route: Route) -> str:
    kind = "caught" if edge.caught else "edge"
    (x, y), *others = route.points
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in others:
        middle = (y + to_y) / 2
        curve = f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
        path += f"L{to_x:.1f} {to_y:.1f}" if to_x == x or to_y == y else curve
        x, y = to_x, to_y
    label = f"<title>{escaped(edge.label)}</title>" if edge.label else ""
    return f'<path class="line {kind}" d="{path}" marker-end="url(#{kind})">{label}</path>'
