"""The module as a guest: what a plan has, and has not, where it is told so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.module.policies import ACCOUNT, Document, decide
from tests.module.roots import SHARED

FOLDERS = ("documents", "durable", "chunks", "results", "merged", "failures", "outputs")


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


def of_shared(plans: dict[str, Any], kind: str) -> dict[str, list[Document]]:
    """What is planned of a type, by the instances that share a bucket."""
    planned = [one for one in plans["shared"]["resource_changes"] if one["type"] == kind]
    found = {name: [one for one in planned if f'["{name}"]' in one["module_address"]] for name in SHARED}
    return {name: [one["change"]["after"] for one in ones] for name, ones in found.items()}


def shared_policies(plans: dict[str, Any]) -> dict[str, list[Document]]:
    found = of_shared(plans, "aws_iam_role_policy")
    return {name: [json.loads(one["policy"]) for one in ones] for name, ones in found.items()}


def may(policies: list[Document], action: str, resource: str, **keys: str) -> bool:
    """Whether one of an instance's roles may do that in the bucket."""
    decisions = {decide(policy, action, resource, aws_ResourceAccount=ACCOUNT, **keys) for policy in policies}
    return "Allow" in decisions


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload"])
def test_instances_that_share_a_bucket_reach_their_own_objects_only(plans: dict[str, Any], action: str) -> None:
    reached = {
        name: {
            f"{prefix}{folder}"
            for prefix in SHARED.values()
            for folder in FOLDERS
            if may(policies, action, f"arn:aws:s3:::theirs/{prefix}{folder}/x")
        }
        for name, policies in shared_policies(plans).items()
    }
    folders = {
        "s3:GetObject": {"documents", "durable", "chunks", "results"},
        "s3:GetObjectVersion": {"documents", "durable"},
        "s3:PutObject": {"chunks", "results", "merged", "failures", "outputs"},
        "s3:AbortMultipartUpload": {"chunks", "results", "merged"},
    }[action]
    assert reached == {name: {f"{prefix}{folder}" for folder in folders} for name, prefix in SHARED.items()}


def test_instances_that_share_a_bucket_list_their_own_keys_only(plans: dict[str, Any]) -> None:
    for name, policies in shared_policies(plans).items():
        listed = {
            f"{prefix}{folder}"
            for prefix in SHARED.values()
            for folder in FOLDERS
            if may(policies, "s3:ListBucket", "arn:aws:s3:::theirs", s3_prefix=f"{prefix}{folder}/x")
        }
        own = {f"{SHARED[name]}{folder}" for folder in ("documents", "durable", "chunks", "results")}
        # One without a prefix has the bucket for itself.
        assert listed == own or not SHARED[name]
        assert may(policies, "s3:ListBucket", "arn:aws:s3:::theirs") is not bool(SHARED[name])


def test_instances_that_share_a_bucket_are_told_of_their_own_objects_only(plans: dict[str, Any]) -> None:
    patterns = {
        name: [json.loads(rule["event_pattern"])["detail"]["object"]["key"] for rule in rules]
        for name, rules in of_shared(plans, "aws_cloudwatch_event_rule").items()
    }
    for owner, prefix in SHARED.items():
        for folder in FOLDERS:
            key = f"{prefix}{folder}/{prefix}{folder}/x"
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
            told = [name for name, keys in patterns.items() for (one,) in keys if key.startswith(one["prefix"])]
            assert told == ([owner] if folder in ("documents", "chunks") else []), key
