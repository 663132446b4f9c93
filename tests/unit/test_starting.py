"""GET /start: the query becomes the execution's input."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import clients, settings, starting
from sfn_callback.errors import InputInvalid
from sfn_callback.web import Request

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-direct"


class Machines:
    """Takes executions."""

    def __init__(self) -> None:
        self.started: list[Any] = []

    def start_execution(self, **given: str) -> dict[str, str]:
        self.started.append((given["stateMachineArn"], json.loads(given["input"])))
        return {"executionArn": "arn:execution"}


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    fake = Machines()
    monkeypatch.setattr(clients, "stepfunctions", lambda: fake)
    monkeypatch.setenv("SFN_CALLBACK_DIRECT_MACHINE_ARN", MACHINE)
    settings.current.cache_clear()
    return fake


def urlencode_any(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, errors="replace")


def request(path: str = "/start", method: str = "GET", query: str = "") -> Request:
    return Request(method, path, {}, b"", query=query)


def test_the_query_is_the_input(machines: Machines) -> None:
    answered = starting.respond(request(query="done_chance=0.7&seed=1&error=Too+Late"))
    assert (answered.status, json.loads(answered.body)) == (202, {"execution": "arn:execution"})
    assert machines.started == [(MACHINE, {"done_chance": 0.7, "seed": 1, "error": "Too Late"})]


@pytest.mark.parametrize(
    ("query", "task"),
    [
        ("", {}),
        ("a=true&b=false&c=null", {"a": True, "b": False, "c": None}),
        ("a=", {"a": ""}),
        ("a=NaN&b=Infinity", {"a": "NaN", "b": "Infinity"}),
        ("a=1e999&b=-1e999", {"a": "1e999", "b": "-1e999"}),
        ("a=[1]&b={}", {"a": "[1]", "b": "{}"}),
        ("a=%22x%22", {"a": "x"}),
        ("a=%ff", {"a": "\ufffd"}),
        ("a=" + "[" * 5000, {"a": "[" * 5000}),
        ("a=" + "1" * 5000, {"a": "1" * 5000}),
    ],
)
def test_numbers_and_truth_are_jsons_and_all_else_is_text(query: str, task: dict[str, Any]) -> None:
    assert starting.task(query) == task


@pytest.mark.parametrize("query", ["zq7=1&zq7=2", "&".join(f"zq7{n}=1" for n in range(101))])
def test_what_has_no_one_meaning_is_refused(machines: Machines, query: str) -> None:
    with pytest.raises(InputInvalid):
        starting.task(query)
    answered = starting.respond(request(query=query))
    assert answered.status == 400
    assert "zq7" not in answered.body
    assert machines.started == []


@given(st.text() | st.lists(st.tuples(st.text(), st.text() | st.floats().map(str))).map(urlencode_any))
def test_every_query_is_a_task_that_step_functions_can_read_or_is_refused(query: str) -> None:
    try:
        task = starting.task(query)
    except InputInvalid:
        return
    assert json.loads(json.dumps(task), parse_constant=pytest.fail) == task


def test_another_path_is_not_there(machines: Machines) -> None:
    assert starting.respond(request("/")).status == 404


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_another_method_starts_nothing(machines: Machines, method: str) -> None:
    answered = starting.respond(request(method=method))
    assert (answered.status, answered.headers["allow"]) == (405, "GET")
    assert machines.started == []
