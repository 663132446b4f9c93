"""``diagram``: each machine is drawn with its labels, start and end, and no way passes behind a box or a label."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_callback_operator.diagram import graph, layout, machine
from sfn_callback_operator.diagram.layout import Layout, Point, Route
from sfn_callback_operator.diagram.rank_order import Box, Link
from testing.environment import MACHINE
from tests.operator.conftest import Desk
from tests.readme import ROOT

SVG = "{http://www.w3.org/2000/svg}"
DEFINITIONS = sorted((ROOT / "tests" / "golden").glob("*.asl.json"))
WAITING = "arn:aws:states:::lambda:invoke.waitForTaskToken"
WITHIN = {"StartAt": "Left", "States": {"Left": {"Type": "Task", "Next": "end"}, "end": {"Type": "Pass", "End": True}}}
BESIDE = {"StartAt": "Right", "States": {"Right": {"Type": "Task", "Resource": WAITING, "End": True}}}
EACH = {
    "StartAt": "Try",
    "States": {
        "Try": {"Type": "Task", "Next": "Note", "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Note"}]},
        "Note": {"Type": "Pass", "End": True},
    },
}
OWN: dict[str, Any] = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "NumericGreaterThan": 3}],
                    "Next": "Both",
                },
                {"Variable": "$.kind", "StringEquals": "when there is time, and not before", "Next": "Pause"},
                {"Condition": "{% $x < 3 %}", "Next": "Look"},
            ],
            "Default": "Each",
        },
        "Pause": {"Type": "Wait", "Seconds": 3, "Next": "Look"},
        "Both": {
            "Type": "Parallel",
            "Branches": [WITHIN, BESIDE],
            "Next": "Each",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}],
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": EACH,
            "End": True,
            "Catch": [{"ErrorEquals": ["A"], "Next": "Bad"}, {"ErrorEquals": ["B"], "Next": "Pause"}],
        },
        "Bad": {"Type": "Fail"},
    },
}
MACHINES = {**{path.stem: json.loads(path.read_text()) for path in DEFINITIONS}, "own": OWN}


def passed(points: list[Point] | Any) -> Iterator[Point]:
    """Yield points of a route that are close together."""
    for (x, y), (to_x, to_y) in pairwise(points):
        for step in range(41):
            part = step / 40
            # The curve of machine.svg, which is upright at both ends.
            across = 3 * part**2 - 2 * part**3
            middle = 1.5 * part * (1 - part) * (1 - part) + 1.5 * part * part * (1 - part) + part**3
            yield (x + (to_x - x) * across, y + (to_y - y) * middle)


def covers(corner: Point, size: Box, point: Point) -> bool:
    return corner[0] < point[0] < corner[0] + size.width and corner[1] < point[1] < corner[1] + size.height


def labels(links: list[Link], found: Layout) -> list[tuple[int, Point, Box]]:
    def corner(route: Route, size: Box) -> Point:
        return route.label[0] - size.width / 2, route.label[1] - size.height / 2

    routes = zip(links, found.routes, strict=True)
    return [(at, corner(one, link.label), link.label) for at, (link, one) in enumerate(routes) if link.label.width]


def apart(one: tuple[Point, Box], other: tuple[Point, Box]) -> bool:
    (corner, size), (beside, its) = one, other
    across = corner[0] + size.width <= beside[0] + 0.01 or beside[0] + its.width <= corner[0] + 0.01
    return across or corner[1] + size.height <= beside[1] + 0.01 or beside[1] + its.height <= corner[1] + 0.01


def expect_readable(boxes: dict[str, Box], links: list[Link]) -> Layout:
    found = layout.placed(boxes, links)
    placed = [(found.corners[name], box) for name, box in boxes.items()]
    told = labels(links, found)
    assert all(apart(one, other) for one, other in combinations([*placed, *((at, size) for _, at, size in told)], 2))
    for number, route in enumerate(found.routes):
        for point in passed(route.points):
            assert not [name for name in boxes if covers(found.corners[name], boxes[name], point)], links[number]
            assert not [other for other, at, size in told if other != number and covers(at, size, point)], links[number]
            assert -0.01 <= point[0] <= found.width + 0.01
            assert -0.01 <= point[1] <= found.height + 0.01
    return found


def expect_joined(boxes: dict[str, Box], links: list[Link], found: Layout) -> None:
    """Each route begins at the edge of its box, and ends at that of the other."""
    for link, route in zip(links, found.routes, strict=True):
        for name, (x, y) in ((link.start, route.points[0]), (link.end, route.points[-1])):
            (left, top), box = found.corners[name], boxes[name]
            assert left - 0.01 <= x <= left + box.width + 0.01
            assert top - 0.01 <= y <= top + box.height + 0.01


SIZES = st.builds(Box, st.sampled_from([40.0, 130.0, 400.0]), st.sampled_from([26.0, 46.0, 300.0]))
LABELS = st.sampled_from([Box(0, 0), Box(60.0, 18.0), Box(170.0, 60.0)])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Box], list[Link]]:
    boxes = {str(number): draw(SIZES) for number in range(draw(st.integers(1, 9)))}
    ends = st.sampled_from(sorted(boxes))
    links = st.builds(Link, ends, ends, LABELS, st.sampled_from([1.0, 4.0]))
    return boxes, draw(st.lists(links, max_size=16))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_no_way_of_any_graph_passes_behind_a_box_or_another_ways_label(
    drawn: tuple[dict[str, Box], list[Link]],
) -> None:
    found = expect_readable(*drawn)
    expect_joined(*drawn, found)


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_drawn_from_its_start_to_its_end_with_each_condition(name: str) -> None:
    read = graph.read(MACHINES[name])
    drawn = ET.fromstring(machine.svg(read, name))
    words = [str(one.text) for one in drawn.iter(f"{SVG}text")]
    assert (words.count("start"), words.count("end")) == (1, 2 if name == "own" else 1)
    titles = [str(one.text) for one in drawn.iter(f"{SVG}title")]
    for edge in read.edges:
        # Once on the way, and once on its label, which is cut where it is long.
        assert titles.count(edge.label) >= 2 or not edge.label, edge
        assert not edge.label or edge.label.split()[0].split(",")[0] in " ".join(words), edge
    ends = sum(state.ends for state in read.states)
    assert len([one for one in drawn.iter(f"{SVG}path") if one.get("marker-end")]) >= len(read.edges) + ends + 1


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_comes_below_what_leads_to_it(name: str) -> None:
    read = graph.read(MACHINES[name])
    links = [Link(edge.start, edge.end) for edge in read.edges]
    found = layout.placed({state.name: Box(100, 40) for state in read.states}, links)
    back = {link.start for link in links if found.corners[link.end][1] <= found.corners[link.start][1]}
    assert back <= {"Redrive", "Pause", "Look"}


def test_what_is_within_a_state_is_drawn_in_it() -> None:
    drawn = machine.svg(graph.read(OWN), "own")
    told = [str(one.text) for one in ET.fromstring(drawn).iter(f"{SVG}title")]
    for state in ("Left: Task", "Right: Task, waits on a task token", "Try: Task", "Both: Parallel", "Each: Map"):
        assert told.count(state) == 1, state


def test_a_machine_of_a_thousand_states_is_drawn() -> None:
    names = [f"s{number}" for number in range(1_000)]
    links = [Link(one, other) for one, other in pairwise(names)] + [Link(names[-1], names[0])]
    assert len(set(layout.placed(dict.fromkeys(names, Box(100, 40)), links).corners.values())) == 1_000


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Variable": "$.n", "NumericLessThanEquals": 2}, "$.n ≤ 2"),
        ({"Variable": "$.n", "NumericGreaterThanEqualsPath": "$.m"}, "$.n ≥ $.m"),
        ({"Variable": "$.s", "StringMatches": "a*"}, '$.s matches "a*"'),
        ({"Variable": "$.b", "BooleanEquals": False}, "$.b = false"),
        ({"Variable": "$.a", "IsPresent": False}, "$.a is not present"),
        ({"Not": {"Variable": "$.a", "IsNull": True}}, "not ($.a is null)"),
        ({"Or": [{"Variable": "$.a", "IsString": True}, {"Variable": "$.b", "NumericEquals": 1}]},
         "($.a is string) or ($.b = 1)"),
        ({"Condition": "{% $x < 3 %}", "Comment": "few"}, "$x < 3"),
    ],
)  # fmt: skip
def test_a_condition_is_said_as_one_would_write_it(rule: dict[str, Any], said: str) -> None:
    end = {"Type": "Succeed"}
    choice = {"Type": "Choice", "Choices": [{"Comment": "c", **rule, "Next": "b"}]}
    assert [one.label for one in graph.read({"StartAt": "a", "States": {"a": choice, "b": end}}).edges] == [said]


def test_mermaid_shows_which_states_wait_and_where_the_machine_ends() -> None:
    drawn = graph.mermaid(graph.read(MACHINES["documents.asl"]))
    assert 'AwaitChunks{{"AwaitChunks"}}' in drawn
    assert 'AwaitChunks -.->|"States.Timeout"| RoundsLeft' in drawn
    assert "Merge --> stop([end])" in drawn


def test_mermaid_has_what_is_within_states_and_an_id_for_each() -> None:
    lines = [line.strip() for line in graph.mermaid(graph.read(OWN)).splitlines()]
    assert lines.count('subgraph Both["Both"]') == 1
    # `end` would end the subgraph: https://mermaid.js.org/syntax/flowchart.html
    assert ('end_["end"]' in lines, "Left --> end_" in lines) == (True, True)
    names = {"StartAt": "a b", "States": {"a b": {"Type": "Pass", "Next": 'a"b'}, 'a"b': {"Type": "Pass", "End": True}}}
    assert graph.mermaid(graph.read(names)).splitlines()[2:5] == [
        '  a_b["a b"]',
        '  a_b_["a#quot;b"]',
        "  a_b --> a_b_",
    ]


DOCUMENTS, PARTS, APPROVAL = (MACHINE.replace("documents", name) for name in ("documents", "parts", "approval"))


@pytest.mark.parametrize("deployed", [[DOCUMENTS], [APPROVAL], [DOCUMENTS, PARTS]])
def test_the_only_workflow_of_a_deployment_need_not_be_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, deployed: list[str]
) -> None:
    desk.machine.machines = deployed
    described = Mock(return_value={"name": "docs", "definition": json.dumps(OWN)})
    monkeypatch.setattr(desk.machine, "describe_state_machine", described, raising=False)
    assert "Look" in desk.run("diagram").out
    described.assert_called_once_with(stateMachineArn=deployed[0])


def test_of_several_workflows_the_one_to_draw_has_to_be_named(desk: Desk) -> None:
    desk.machine.machines = [DOCUMENTS, PARTS, APPROVAL]
    ran = desk.run("diagram")
    assert (ran.code, ran.out) == (2, "")
    assert "Which workflow? Name one: documents, parts, approval." in ran.err
