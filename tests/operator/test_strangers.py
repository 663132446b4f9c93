"""What strangers wrote cannot steer a terminal, a picture or a page; and what is not the deployment's is left alone."""

import json
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.text import Text

from sfn_callback_operator.diagram import graph, machine
from sfn_callback_operator.output import screen, webpage
from sfn_callback_operator.timeline import picture
from sfn_callback_operator.timeline.run_record import DONE, FAILED, Attempt, Chunk, RunRecord
from sfn_callback_operator.timeline.state_visits import State
from testing.environment import MACHINE
from tests.operator.conftest import Desk

STEERING = [*map(chr, (*range(9), *range(11, 32), *range(127, 160), 0x61C, 0x200E, 0x200F)), *"\u2028\u2029"]
STEERING += [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
SPOKEN = st.text(st.one_of(st.sampled_from(STEERING), st.characters(), st.sampled_from("[]<>&\"'\n\tab")), max_size=30)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def expect_harmless(printed: str) -> None:
    assert not [one for one in STEERING if one in printed]
    printed.encode()


@MANY
@given(said=SPOKEN)
def test_no_way_of_printing_lets_steering_characters_through(capsys: pytest.CaptureFixture[str], said: str) -> None:
    screen.say(said)
    screen.answer(said)
    screen.line(Text(said, "red"))
    screen.write(said)
    screen.table(("a", "b"), [(said, Text(said, "red"))], title=said)
    screen.facts({"a": said, "b": Text(said), "c": {said: said}}, beside=True)
    screen.facts({said: said})
    screen.write_json([said])
    expect_harmless("".join(capsys.readouterr()))


@MANY
@given(said=SPOKEN)
def test_json_is_exact(capsys: pytest.CaptureFixture[str], said: str) -> None:
    screen.write_json({said: said})
    assert json.loads(capsys.readouterr().out) == {said: said}


@pytest.mark.parametrize("character", STEERING)
def test_each_steering_character_is_replaced_and_nothing_else(character: str) -> None:
    assert screen.cleaned(f"a{character}\n\tä😀") == "a\N{REPLACEMENT CHARACTER}\n\tä😀"


@MANY
@given(said=SPOKEN)
def test_a_bar_says_what_it_is_of_without_steering_and_without_markup(said: str) -> None:
    with screen.bar() as bar:
        task = bar.add_task(said, total=None, more="")
        shown = screen.Described().render(bar.tasks[task])
    assert shown.plain == screen.cleaned(said)
    assert not shown.spans


@MANY
@given(said=SPOKEN)
def test_a_picture_and_a_page_are_whole_and_harmless(said: str) -> None:
    chunks = (Chunk(0, 0, [Attempt(0, 1, FAILED)], said), Chunk(1, 0, [Attempt(0, 1, DONE)]))
    now = datetime.now(UTC)
    drawn = picture.svg(RunRecord(said, said, said, now, 2, (State(said, 0, None),), chunks, said))
    definition = {
        "StartAt": said,
        "States": {said: {"Type": said, "Catch": [{"ErrorEquals": [said], "Next": "end"}]}, "end": {"Type": "Fail"}},
    }
    read = graph.read(definition)
    for one in (drawn, machine.svg(read, said)):
        ET.fromstring(one)
        expect_harmless(one)
        expect_harmless(webpage.page(said, one))


def test_a_reason_and_a_cause_with_escapes_are_shown_without_them(desk: Desk) -> None:
    arn = desk.machine.begin(MACHINE, "evil", {})
    desk.machine.enter(arn, "Split", {})
    desk.machine.end(arn, "FAILED", error="\x1b]0;title\x07", cause="\u202efdp.exe \x9b31m")
    ran = desk.run("show", "evil")
    expect_harmless(ran.out + ran.err)
    assert desk.json("show", "evil")["cause"] == "\u202efdp.exe \x9b31m"


FOREIGN = [
    MACHINE.replace("docs-documents", "own"),
    MACHINE.replace("docs-documents", "docs-unknown"),
    MACHINE.replace("000000000000", "111111111111"),
    MACHINE.replace("eu-central-1", "us-east-1"),
]


@pytest.mark.parametrize("theirs", FOREIGN)
@pytest.mark.parametrize(
    "command",
    [
        ("show",),
        ("cancel", "--yes"),
        ("resume", "--with", "{}", "--yes"),
        ("fail", "--yes"),
        ("heartbeat",),
        ("approve",),
        ("redrive",),
        ("report", "0", "--error", "Gone"),
        ("restart",),
        ("watch",),
        ("result",),
        ("timeline",),
    ],
)
def test_an_execution_of_somebody_elses_is_refused(desk: Desk, theirs: str, command: tuple[str, ...]) -> None:
    arn = desk.machine.begin(theirs, "run", {})
    desk.machine.enter(arn, "Work", {}, token=desk.machine.wait("theirs"))
    ran = desk.run(command[0], arn, *command[1:])
    assert ran.code == 2
    assert "is not an execution of docs in account 000000000000, region eu-central-1" in ran.err
    assert desk.machine.executions[arn]["status"] == "RUNNING"
    assert not desk.machine.verdicts
    assert len(desk.machine.executions) == 1


@pytest.mark.parametrize(
    "command", [("cancel", "--yes"), ("restart",), ("redrive",), ("report", "0", "--error", "Gone")]
)
def test_an_approvals_mark_does_not_lead_to_the_machine_of_somebody_else(desk: Desk, command: tuple[str, ...]) -> None:
    arn = desk.approval(machine="own")
    ran = desk.run(command[0], desk.mark(), *command[1:])
    assert (ran.code, "is not an execution of docs" in ran.err) == (2, True)
    assert desk.machine.executions[arn]["status"] == "RUNNING"


def test_an_approval_that_a_machine_of_somebody_elses_asked_for_is_decided_all_the_same(desk: Desk) -> None:
    desk.approval(machine="own")
    assert desk.run("approve", desk.mark()).code == 0
    assert [kind for _, kind, _ in desk.machine.verdicts] == ["success"]


@pytest.mark.parametrize("command", ["cancel", "resume", "fail"])
def test_the_question_says_whose_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda question, **_: asked.append(question))
    assert desk.run(command, desk.job()).code == 0
    assert [one.endswith("This is docs in account 000000000000, region eu-central-1.") for one in asked] == [True]
