"""GET /start: the query becomes the execution's input."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback.aws import clients
from sfn_callback.aws.function_url import Request
from sfn_callback.errors import InputInvalid
from sfn_callback.tasks import http_start
from testing.task_tokens import refusal
from tests.conftest import set_variables

EXECUTIONS = "arn:aws:states:eu-central-1:000000000000:execution:docs-direct"
MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-direct"


class Machines:
    """Takes executions, as AWS was recorded to: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html"""

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.running: dict[str, str] = {}
        self.ended: set[str] = set()

    def start_execution(self, *, stateMachineArn: str, input: str, name: str | None = None) -> dict[str, str]:
        name = name or f"run-{len(self.started)}"
        if name in self.ended or self.running.get(name, input) != input:
            raise refusal("StartExecution", "ExecutionAlreadyExists")
        if name not in self.running:
            self.started.append((stateMachineArn, json.loads(input)))
            self.running[name] = input
        return {"executionArn": f"{EXECUTIONS}:{name}"}

    def end_all(self) -> None:
        self.ended.update(self.running)


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    fake = Machines()
    monkeypatch.setattr(clients, "stepfunctions", lambda: fake)
    set_variables(monkeypatch, DIRECT_MACHINE_ARN=MACHINE)
    return fake


def urlencode_any(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, errors="replace")


def request(path: str = "/start", method: str = "GET", query: str = "", **headers: str) -> Request:
    return Request(method, path, {name.replace("_", "-"): value for name, value in headers.items()}, b"", query=query)


def test_the_query_is_the_input(machines: Machines) -> None:
    answered = http_start.respond(request(query="done_chance.json=0.7&seed.json=1&error=Too+Late"))
    assert (answered.status, json.loads(answered.body)) == (202, {"execution": f"{EXECUTIONS}:run-0"})
    assert machines.started == [(MACHINE, {"done_chance": 0.7, "seed": 1, "error": "Too Late"})]


@pytest.mark.parametrize(
    ("query", "task"),
    [
        ("", {}),
        ("sha=6102e71&version=1.10&n=1", {"sha": "6102e71", "version": "1.10", "n": "1"}),
        ("a=true&b=null", {"a": "true", "b": "null"}),
        ("a=&b=NaN&c=1e999&d=%22x%22", {"a": "", "b": "NaN", "c": "1e999", "d": '"x"'}),
        ("a=[1]&b={}", {"a": "[1]", "b": "{}"}),
        ("a=%ff", {"a": "\ufffd"}),
        ("a=" + "[" * 5000, {"a": "[" * 5000}),
        ("a=" + "1" * 5000, {"a": "1" * 5000}),
        ("a.json=true&b.json=false&c.json=null", {"a": True, "b": False, "c": None}),
        ("a.json=1.10&b.json=%221.10%22&c.json=-0.5e3", {"a": 1.1, "b": "1.10", "c": -500.0}),
        ("a.json=[1,{}]&b.json={}", {"a": [1, {}], "b": {}}),
        ("a.JSON=1&.json=2", {"a.JSON": "1", "": 2}),
    ],
)
def test_values_are_texts_unless_they_are_json_on_purpose(query: str, task: dict[str, Any]) -> None:
    assert http_start.task(query) == task


NO_JSON = ["", "zq7", "NaN", "-Infinity", "1e999", "[-1e999]", "1" * 5000, "[" * 5000, "[" * 102 + "]" * 102, "'zq7'"]


@pytest.mark.parametrize("value", NO_JSON)
def test_what_should_be_json_and_is_not_is_refused(machines: Machines, value: str) -> None:
    answered = http_start.respond(request(query=f"zq7.json={value}"))
    assert answered.status == 400
    assert "zq7" not in answered.body
    assert machines.started == []


def test_a_request_that_is_sent_again_starts_once(machines: Machines) -> None:
    again = [http_start.respond(request(query="a=1&b=2", idempotency_key="k1")) for _ in range(2)]
    machines.end_all()
    # Also after its end, and in another order.
    again += [http_start.respond(request(query=query, idempotency_key="k1")) for query in ("a=1&b=2", "b=2&a=1")]
    assert {(one.status, one.body) for one in again} == {(202, again[0].body)}
    assert len(machines.started) == 1
    name = json.loads(again[0].body)["execution"].rpartition(":")[2]
    assert re.fullmatch(r"http-[0-9a-f]{32}", name)


def test_another_key_another_query_and_no_key_start_anew(machines: Machines) -> None:
    for query, key in (("a=1", "k1"), ("a=1", "k2"), ("a=2", "k1"), ("a.json=1", "k1")):
        assert http_start.respond(request(query=query, idempotency_key=key)).status == 202
    for _ in range(2):
        assert http_start.respond(request(query="a=1")).status == 202
    assert len(machines.started) == 6


@pytest.mark.parametrize("key", ["", "  "])
def test_an_empty_key_is_refused(machines: Machines, key: str) -> None:
    answered = http_start.respond(request(idempotency_key=key))
    assert (answered.status, machines.started) == (400, [])
    assert "idempotency-key is empty" in answered.body


@pytest.mark.parametrize("key", ["x" * 8_000, "\udcff", "größe"])
def test_any_other_text_is_a_key(machines: Machines, key: str) -> None:
    assert http_start.respond(request(idempotency_key=key)).status == 202


@pytest.mark.parametrize("query", ["zq7=1&zq7=2", "zq7=1&zq7.json=2", "&".join(f"zq7{n}=1" for n in range(101))])
def test_what_has_no_one_meaning_is_refused(machines: Machines, query: str) -> None:
    with pytest.raises(InputInvalid):
        http_start.task(query)
    answered = http_start.respond(request(query=query))
    assert answered.status == 400
    assert "zq7" not in answered.body
    assert machines.started == []


@given(st.text() | st.lists(st.tuples(st.text(), st.text() | st.floats().map(str))).map(urlencode_any))
def test_every_query_is_a_task_that_step_functions_can_read_or_is_refused(query: str) -> None:
    try:
        task = http_start.task(query)
    except InputInvalid:
        return
    assert json.loads(json.dumps(task), parse_constant=pytest.fail) == task


def test_another_path_is_not_there(machines: Machines) -> None:
    assert http_start.respond(request("/")).status == 404


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_another_method_starts_nothing(machines: Machines, method: str) -> None:
    answered = http_start.respond(request(method=method))
    assert (answered.status, answered.headers["allow"]) == (405, "GET")
    assert machines.started == []
