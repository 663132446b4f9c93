"""The module as a guest: what a plan has, and has not, where it is told so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("run", ["nothing_is_planned", "nothing_is_asked_for_that_is_not_needed"])
def test_without_create_there_is_no_resource_and_every_output_is_null(
    module: Path, plans: dict[str, Any], run: str
) -> None:
    plan = plans[run]
    declared = re.findall(r'^output "(\w+)"', (module / "outputs.tf").read_text(), re.MULTILINE)
    known = {name: (change["after"], change["after_unknown"]) for name, change in plan["output_changes"].items()}
    assert [change["address"] for change in plan.get("resource_changes", []) if change["mode"] == "managed"] == []
    assert known == dict.fromkeys(declared, (None, False))


def test_a_bucket_that_is_made_in_the_same_apply_leaves_nothing_open_but_what_aws_names(plans: dict[str, Any]) -> None:
    planned = [one for one in plans["bucket"]["resource_changes"] if one.get("module_address") == "module.callback"]
    policies = [one for one in planned if one["type"] == "aws_iam_role_policy"]
    functions = [one for one in planned if one["type"] == "aws_lambda_function"]
    rules = [one for one in planned if one["type"] == "aws_cloudwatch_event_rule"]
    assert all(json.loads(one["change"]["after"]["policy"]) for one in policies)
    assert all(one["change"]["after"]["environment"][0]["variables"] for one in functions)
    assert all("theirs" in one["change"]["after"]["event_pattern"] for one in rules)
    assert len(policies) == len(functions) + 1 and len(rules) == 2
    assert [one["address"] for one in planned if one["mode"] == "data" and one["change"]["actions"] == ["read"]] == []
