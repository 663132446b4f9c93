"""A state machine's definition as a graph, and that in Mermaid."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ENDS = ("Fail", "Succeed")
_RESERVED = (
    "start",
    "stop",
    "end",
    "graph",
    "flowchart",
    "subgraph",
    "style",
    "class",
    "click",
    "default",
    "linkStyle",
)
_COMPARED = re.compile(r"(?:String|Numeric|Timestamp|Boolean)([A-Z][A-Za-z]*?)(?:Path)?$")
_SIGNS = {
    "Equals": "=",
    "LessThan": "<",
    "GreaterThan": ">",
    "LessThanEquals": "≤",
    "GreaterThanEquals": "≥",
    "Matches": "matches",
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a state to another: ``label`` says when it is taken, ``caught`` whether after an error."""

    start: str
    end: str
    label: str = ""
    caught: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name and type, whether it waits on a task token, whether the machine ends after it, and the machines
    within it: a Parallel state's branches, or what a Map state does with each item.
    """

    name: str
    kind: str
    waits: bool
    ends: bool = False
    within: "tuple[Graph, ...]" = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """A machine; the states are in the order of its definition."""

    first: str
    states: tuple[State, ...]
    edges: tuple[Edge, ...]


def read(definition: Mapping[str, Any]) -> Graph:
    """Read a definition in the Amazon States Language."""
    states = definition["States"]
    edges = (edge for name, one in states.items() for edge in _edges(name, one))
    known = tuple(edge for edge in edges if edge.end in states)
    return Graph(definition["StartAt"], tuple(_state(name, one) for name, one in states.items()), known)


def mermaid(graph: Graph) -> str:
    """Return the graph as a Mermaid flowchart."""
    ids = _ids(graph)
    lines = ["flowchart TD", f"  start([start]) --> {ids[graph.first]}", *_mermaid(graph, ids, "  ")]
    lines += [f"  {ids[state.name]} --> stop([end])" for state in graph.states if state.ends]
    return "\n".join(lines) + "\n"


def _state(name: str, one: Mapping[str, Any]) -> State:
    within = (*one.get("Branches", ()), one.get("ItemProcessor") or one.get("Iterator"))
    waits = "waitForTaskToken" in str(one.get("Resource"))
    ends = bool(one.get("End")) or one["Type"] in _ENDS
    return State(name, one["Type"], waits, ends, tuple(read(part) for part in within if part))


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
    """Return a choice's rule as one would write it: https://states-language.net/spec.html#choice-state"""
    for name, word in (("And", " and "), ("Or", " or ")):
        if name in choice:
            return word.join(f"({part})" if " " in part else part for part in map(_condition, choice[name]))
    if "Not" in choice:
        return f"not ({_condition(choice['Not'])})"
    if "Condition" in choice:
        return re.sub(r"^\{%\s*|\s*%\}$", "", str(choice["Condition"]))
    other_keys = ("Next", "Variable", "Comment", "Assign", "Output")
    compared = next(((name, value) for name, value in choice.items() if name not in other_keys), None)
    return f"{choice.get('Variable', '')} {_comparison(*compared) if compared else ''}".strip()


def _comparison(name: str, value: Any) -> str:
    if name.startswith("Is"):
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower().split(" ", 1)
        return " ".join([words[0], *(() if value else ("not",)), *words[1:]])
    match = _COMPARED.match(name)
    other = value if name.endswith("Path") else json.dumps(value, ensure_ascii=False)
    return f"{_SIGNS.get(match[1], match[1]) if match else name} {other}"


def _mermaid(graph: Graph, ids: Mapping[str, str], indent: str) -> Iterator[str]:
    for state in graph.states:
        if state.within:
            yield f'{indent}subgraph {ids[state.name]}["{_quoted(state.name)}"]'
            for part in state.within:
                yield from _mermaid(part, ids, f"{indent}  ")
            yield f"{indent}end"
        else:
            left, right = ("{{", "}}") if state.waits else ("([", "])") if state.kind in _ENDS else ("[", "]")
            yield f'{indent}{ids[state.name]}{left}"{_quoted(state.name)}"{right}'
    for edge in graph.edges:
        label = f'|"{_quoted(edge.label)}"|' if edge.label else ""
        yield f"{indent}{ids[edge.start]} {'-.->' if edge.caught else '-->'}{label} {ids[edge.end]}"


def _quoted(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("\n", " ")


def _ids(graph: Graph) -> dict[str, str]:
    """Return an id for each state, those within others too: names are unique in the whole machine, and so are ids."""
    ids: dict[str, str] = {}
    for name in _names(graph):
        identifier = re.sub(r"\W", "_", name) or "_"
        while identifier in ids.values() or identifier.lower() in _RESERVED:
            identifier += "_"
        ids[name] = identifier
    return ids


def _names(graph: Graph) -> Iterator[str]:
    for state in graph.states:
        yield state.name
        for part in state.within:
            yield from _names(part)
