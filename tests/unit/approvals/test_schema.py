"""A webhook's schema: bounded in time and in memory, whatever it is and whatever it is held against."""

import json
import os
import signal
import time
import tracemalloc
from collections.abc import Callable
from itertools import count, takewhile
from typing import Any

import pytest

from sfn_callback.approvals import schema
from sfn_callback.errors import InputInvalid
from testing.heavy_schemas import HEAVY, ones

MEGABYTE = 1 << 20
PROVE = os.environ.get("HYPOTHESIS_PROFILE") == "prove"
SHARE = 1 if PROVE else 8
"""A schema may weigh that part of what it may; the code that checks with it then has that part of the memory."""


@pytest.mark.prove
@pytest.mark.parametrize(("wanted", "content"), HEAVY.values(), ids=HEAVY)
def test_a_check_is_bounded_in_time_and_memory(
    wanted: dict[str, Any], content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(json.dumps(content, separators=(",", ":"))) <= 262_144
    # However long it takes here to make the code that checks, the bound is that of the check.
    monkeypatch.setattr(schema, "MAX_SECONDS", 60)
    schema.check(wanted)
    # Tracing makes everything slower, and a shorter time as good a bound.
    monkeypatch.setattr(schema, "MAX_SECONDS", 0.5 if PROVE else 0.15)
    tracemalloc.start()
    began = time.process_time()
    reasons = schema.problems(wanted, content)
    took = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1 <= len(reasons) <= schema.MAX_REASONS
    # Both are of the same clock, so that a slower machine takes as long.
    assert took < 10 * schema.MAX_SECONDS
    assert peak < 40 * MEGABYTE
    assert sum(map(len, reasons)) <= 60_000


def test_a_check_that_was_stopped_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    monkeypatch.setattr(schema, "MAX_SECONDS", 0.01)
    assert "seconds of processor time" in schema.problems({"pattern": "^(a|a)*$"}, "a" * 30 + "b")[0]
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert signal.getsignal(signal.SIGVTALRM) is before
    monkeypatch.undo()
    assert schema.problems({"pattern": "^(a|a)*$"}, "aaa") == []


def test_the_first_hundred_problems_are_told_where_there_are_no_alternatives() -> None:
    assert schema.problems({"items": {"type": "string"}}, ones(150)) == [
        f"data[{i}] must be string" for i in range(100)
    ]
    assert schema.problems({"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"type": "string"}}}, ones(150)) == [
        f"data[{i}] must be string" for i in range(100)
    ]
    assert schema.problems({"items": {"type": "string"}}, [*ones(2), "x"]) == [
        "data[0] must be string",
        "data[1] must be string",
    ]


def test_what_fails_in_an_alternative_is_no_problem() -> None:
    either = {
        "anyOf": [{"$ref": "#/$defs/numbers"}, {"type": "array"}],
        "$defs": {"numbers": {"items": {"type": "number"}}},
    }
    assert schema.problems(either, ["x"] * 150) == []
    assert schema.problems(either, 7) == []
    assert schema.problems({"anyOf": [{"type": "string"}, {"type": "null"}]}, 7) == [
        "data cannot be validated by any definition"
    ]


@pytest.mark.parametrize(
    ("wanted", "content"),
    [
        ({"additionalProperties": False}, {"zq7": 1}),
        ({"additionalProperties": False}, {"zq7\n'": 1}),
        ({"additionalProperties": {"type": "string"}}, {"zq7": 1}),
        ({"patternProperties": {"^z": {"type": "string"}}}, {"zq7": 1}),
        ({"additionalProperties": {"anyOf": [{"type": "string"}]}}, {"zq7": 1}),
    ],
)
def test_no_name_that_a_sender_chose_is_sent_back(wanted: dict[str, Any], content: Any) -> None:
    (reason,) = schema.problems(wanted, content)
    assert "zq7" not in reason
    assert "the schema does not allow" in reason


def test_a_reason_is_short() -> None:
    (reason,) = schema.problems({"enum": ["x" * 9_000]}, 1)
    assert len(reason) == 500


LARGE: dict[str, Callable[[int], dict[str, Any]]] = {
    "properties": lambda n: {"properties": {f"p{i}": {"type": "string", "minLength": 1} for i in range(n)}},
    "an enumeration": lambda n: {"enum": [ones(n)]},
    "a constant": lambda n: {"const": {f"k{i}": 1 for i in range(n)}},
    "alternatives": lambda n: {"anyOf": [{"type": "object", "required": [f"p{i}"]} for i in range(n)]},
    "items": lambda n: {"items": [{"type": "string"}] * n},
    "long names": lambda n: {"properties": {"k" * n: {"properties": {f"p{i}": {"type": "string"} for i in range(n)}}}},
    "dependencies": lambda n: {"dependencies": {f"p{i}": ["a", "b"] for i in range(n)}},
    "references": lambda n: {
        "$defs": {"large": {"enum": ["x" * 10 * n]}},
        "required": ["a"],
        "properties": {f"p{i}": {"$ref": "#/$defs/large"} for i in range(n)},
    },
}


@pytest.mark.prove
@pytest.mark.parametrize("made", LARGE.values(), ids=LARGE)
def test_a_schema_is_refused_before_the_code_that_checks_with_it_is_too_large(
    made: Callable[[int], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tracing makes everything slower.
    monkeypatch.setattr(schema, "MAX_SECONDS", 60)
    monkeypatch.setattr(schema, "MAX_WEIGHT", schema.MAX_WEIGHT // SHARE)
    sizes = (2**power for power in count())
    *_, largest = takewhile(lambda n: schema.weight(made(n)) <= schema.MAX_WEIGHT, sizes)
    assert largest >= 16
    tracemalloc.start()
    schema.check(made(largest))
    with pytest.raises(InputInvalid, match="too large: it weighs"):
        schema.check(made(2 * largest))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * MEGABYTE / SHARE


def test_a_pattern_that_takes_too_long_to_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_SECONDS", 0.01)
    with pytest.raises(InputInvalid, match="takes too long to read"):
        schema.check({"pattern": "(?i)" + "[\u0100-\uffff]" * 200})


@pytest.mark.parametrize("reference", ["#", "#/$defs/a~1b", "#/$defs/no", "#name"])
def test_a_reference_weighs_what_it_leads_to(reference: str) -> None:
    wanted = {"$defs": {"a/b": {"enum": ones(100)}}, "type": "array", "items": {"$ref": reference}}
    assert schema.weight(wanted) > schema.weight({**wanted, "items": {}})


@pytest.mark.parametrize(
    ("wanted", "content"),
    [({"const": True}, 1), ({"const": 1}, True), ({"enum": [0]}, False), ({"enum": [[1]]}, [True])],
)
def test_a_schema_tells_true_from_one(wanted: dict[str, Any], content: Any) -> None:
    assert len(schema.problems(wanted, content)) == 1
