"""What a request may be, and what a decision says."""

import dataclasses
import json
from typing import Any

import pytest

from sfn_callback import timestamps
from sfn_callback.approvals import request
from sfn_callback.approvals.decision import Decision
from sfn_callback.errors import InputInvalid

APPROVE = {"name": "approve"}


def test_without_actions_there_are_approve_and_reject() -> None:
    actions = request.parse({"subject": "Go?"}).actions
    assert [(one.name, one.label, one.style, one.kind, one.error) for one in actions] == [
        ("approve", "Approve", "primary", "success", None),
        ("reject", "Reject", "danger", "failure", "Rejected"),
    ]


def test_with_a_webhook_there_are_no_actions_but_those_that_are_given() -> None:
    assert request.parse({"subject": "Go?", "webhook": {}}).actions == ()
    assert len(request.parse({"subject": "Go?", "webhook": {}, "actions": [APPROVE]}).actions) == 1


def test_an_action_is_labelled_by_its_name_unless_it_says_otherwise() -> None:
    actions = [{"name": "ship-it_now"}, {"name": "wait", "label": "Wait & see"}]
    assert [one.label for one in request.parse({"subject": "Go?", "actions": actions}).actions] == [
        "Ship it now",
        "Wait & see",
    ]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (None, "must be a JSON object, not null"),
        ([], "must be a JSON object, not an array"),
        ({}, 'needs a "subject"'),
        ({"subject": "  "}, 'needs a "subject"'),
        ({"subject": 7}, '"subject" must be a string of at most 200'),
        ({"subject": "x" * 201}, '"subject" must be a string of at most 200'),
        ({"subject": "x", "details": "x" * 10_001}, '"details" must be a string of at most 10,000'),
        ({"subject": "x", "defualt": "reject"}, r"unknown fields: \['defualt'\]"),
        ({"subject": "x", "actions": {}}, "must be a list of at most 8"),
        ({"subject": "x", "actions": [APPROVE] * 9}, "must be a list of at most 8"),
        ({"subject": "x", "actions": [APPROVE, APPROVE]}, "must have different names, not approve, approve"),
        ({"subject": "x", "actions": ["approve"]}, "An action must be a JSON object"),
        ({"subject": "x", "actions": [{"name": "Approve!"}]}, 'An action\'s "name" must have'),
        ({"subject": "x", "actions": [{**APPROVE, "kind": "maybe"}]}, 'approve\'s "kind" must be one of'),
        ({"subject": "x", "actions": [{**APPROVE, "style": "pink"}]}, '"style" one of'),
        ({"subject": "x", "actions": [{**APPROVE, "error": "No"}]}, 'has an "error", which only'),
        ({"subject": "x", "actions": [{"name": "no", "kind": "failure"}]}, 'needs an "error": a name of 1 to 256'),
        ({"subject": "x", "actions": [{"name": "no", "kind": "failure", "error": "ß" * 129}]}, 'needs an "error"'),
        ({"subject": "x", "actions": [{"name": "no", "kind": "failure", "error": "No", "output": 1}]}, '"output"'),
        ({"subject": "x", "actions": []}, "nothing else ends it"),
        ({"subject": "x", "actions": [{"name": "on-it", "kind": "heartbeat"}]}, "nothing else ends it"),
        (
            {"subject": "x", "default": "maybe"},
            '"default" is "maybe", which is not one of its success or failure actions: approve, reject',
        ),
        (
            {"subject": "x", "actions": [APPROVE, {"name": "on-it", "kind": "heartbeat"}], "default": "on-it"},
            '"default" is "on-it"',
        ),
        ({"subject": "x", "webhook": True}, '"webhook" must be a JSON object'),
        ({"subject": "x", "webhook": {"secret": "x"}}, "unknown fields"),
        ({"subject": "x", "webhook": {"schema": []}}, 'webhook\'s "schema" must be a JSON Schema'),
        ({"subject": "x", "actions": [{**APPROVE, "output": "x" * 65_536}]}, "at most 65,536 are allowed"),
    ],
)
def test_a_request_that_is_not_in_order_is_refused_with_a_sentence(request_: Any, sentence: str) -> None:
    with pytest.raises(InputInvalid, match=sentence):
        request.parse(request_)


def test_a_decision_is_kept_whole() -> None:
    decided = Decision("2026-01-31T23:59:59Z", "approve", {"n": [1]}, None, "ja\n“so”", "Ana", "arn:x", timed_out=False)
    assert Decision.from_json(decided.to_json()) == decided


def test_a_decision_sent_again_later_is_the_same_one() -> None:
    first = Decision("2026-01-31T23:59:59Z", "approve", comment="x")
    assert first.same_as(dataclasses.replace(first, time="2026-02-01T00:00:00Z"))
    assert not first.same_as(dataclasses.replace(first, comment="y"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (True, 1, False),
        (0, False, False),
        ([{"paid": True}], [{"paid": 1}], False),
        ({"paid": 1}, {"paid": True}, False),
        (None, False, False),
        (1, 1.0, True),
        ({"n": [1e2]}, {"n": [100]}, True),
        (2**53, float(2**53), True),
        (2**53 + 1, float(2**53), False),
        ("1", 1, False),
        ([], {}, False),
        ([1], [1, 1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
    ],
)
def test_answers_are_compared_as_values_of_json(one: Any, other: Any, same: bool) -> None:
    first = Decision("2026-01-31T23:59:59Z", output=one, webhook=True)
    assert first.same_as(dataclasses.replace(first, output=other)) is same
    assert dataclasses.replace(first, output=other).same_as(first) is same


@pytest.mark.parametrize("output", [0, False, "", [], {}])
def test_an_output_that_is_false_is_still_an_output(output: Any) -> None:
    action = request.parse({"subject": "x", "actions": [{"name": "none", "output": output}]}).actions[0]
    result = Decision.of_action(action).result()
    assert json.dumps(result["output"]) == json.dumps(output)


def test_a_time_is_readable() -> None:
    assert timestamps.readable(1_767_571_200) == "5 January 2026, 00:00 UTC"
