"""What each function's environment says of it: it is what the same plan makes, and leaves room for the caller's own."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sfn_callback import settings
from sfn_callback_operator.deployment import KNOWN_BY, Deployment, Manifest
from tests.module.policies import Document, allowed, decide, resources
from tests.module.test_roles import of_functions, without_what_every_role_has

Manifests = dict[str, Manifest]


def functions(plan: Document) -> dict[str, Document]:
    """The functions' resources, by handler."""
    return {name.split('"')[1]: one for name, one in resources(plan, "aws_lambda_function").items()}


def variables(plan: Document, handler: str) -> dict[str, str]:
    """The environment of a handler's function."""
    told: dict[str, str] = functions(plan)[handler]["environment"][0]["variables"]
    return told


@pytest.fixture(scope="session")
def manifests(plan: Document) -> Manifests:
    return {handler: json.loads(variables(plan, handler)["SFN_CALLBACK_MANIFEST"]) for handler in functions(plan)}


@pytest.fixture(scope="session")
def deployment_of(plan: Document) -> Deployment:
    """The deployment as the command knows it."""
    return Deployment("docs", settings.read(variables(plan, "process")), {})


def named(arn: str) -> str:
    """The name of a queue, or of a function, in an ARN."""
    return arn.removesuffix(":live").rpartition(":")[2]


def test_every_function_names_all_handlers_that_are_made(plan: Document, manifests: Manifests) -> None:
    for manifest in manifests.values():
        assert {one for several in manifest["handlers"].values() for one in several} == set(functions(plan))


def test_a_handler_belongs_to_the_workflows_that_its_function_is_described_by(
    plan: Document, manifests: Manifests
) -> None:
    for handler, function in functions(plan).items():
        workflows = {name for name, several in manifests[handler]["handlers"].items() if handler in several}
        assert workflows == set(re.findall(r"\w+", function["description"].partition("(")[2])), handler


def test_the_command_finds_each_workflow_by_a_handler_of_it(manifests: Manifests) -> None:
    handlers = manifests["process"]["handlers"]
    assert set(handlers) == set(KNOWN_BY)
    assert all(KNOWN_BY[workflow] in handlers[workflow] for workflow in handlers)


def test_the_command_names_functions_and_queues_as_the_module_does(plan: Document, deployment_of: Deployment) -> None:
    assert all(deployment_of.function(handler) == one["function_name"] for handler, one in functions(plan).items())
    queues = {queue["name"] for queue in resources(plan, "aws_sqs_queue").values()}
    assert deployment_of.queue("undelivered") in queues


def test_what_a_role_must_allow_is_all_that_its_row_grants(plan: Document, manifests: Manifests) -> None:
    for handler, policy in of_functions(plan).items():
        granted = {one.action for one in without_what_every_role_has(policy)}
        told = {action for actions, _ in manifests[handler]["may"] for action in actions}
        assert told == {action for action in granted if not action.startswith("ec2:")}, handler


def test_a_role_allows_what_its_function_says_in_the_context_that_it_says(plan: Document, manifests: Manifests) -> None:
    for handler, policy in of_functions(plan).items():
        for action, resource in _asked(manifests[handler]):
            for context in _contexts(manifests[handler]):
                assert decide(policy, action, resource, **context) == "Allow", f"{handler} {action} {resource}"


def test_without_that_context_it_would_seem_to_be_denied(plan: Document, manifests: Manifests) -> None:
    lists = {one: policy for one, policy in of_functions(plan).items() if "s3:prefix" in manifests[one]["context"]}
    assert set(lists) == {"merge", "merge_parts", "record_failure", "redrive", "sweep"}
    for handler, policy in lists.items():
        (asked,) = [one for one in _asked(manifests[handler]) if one[0] == "s3:ListBucket"]
        assert decide(policy, *asked) == "ImplicitDeny", handler


def _asked(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for actions, arns in manifest["may"]:
        assert 1 <= len(arns) <= 2
        yield from ((action, arn) for action in actions for arn in arns)


def _contexts(manifest: Manifest) -> Iterator[dict[str, str]]:
    """The context with each value of a list: the evaluator compares one."""
    context = {key.replace(":", "_", 1): value for key, value in manifest["context"].items()}
    for value in context.get("dynamodb_LeadingKeys", [""]):
        yield {key: value if isinstance(one, list) else one for key, one in context.items()}


def test_events_go_where_they_are_sent_and_those_who_send_them_are_let_in(plan: Document, manifests: Manifests) -> None:
    (told,) = resources(plan, "aws_s3_bucket_notification").values()
    prefixes = {one["id"]: one["filter_prefix"] for kind in ("lambda_function", "queue") for one in told[kind]}
    events = [(handler, one) for handler, manifest in manifests.items() for one in manifest["events"]]
    assert {handler: one["prefix"] for handler, one in events if "prefix" in one} == prefixes
    permissions = resources(plan, "aws_lambda_permission").values()
    invoking = {(one["function_name"], one["principal"]) for one in permissions}
    queues = {queue["name"]: queue["policy"] for queue in resources(plan, "aws_sqs_queue").values()}
    direct = {(one["to"], one["service"]) for _, one in events if one["to"] not in queues}
    assert direct == {one for one in invoking if one[1].endswith(".amazonaws.com")}
    waiting = [one for _, one in events if one["to"] in queues]
    assert [one["to"] for one in waiting] == ["docs-starts"]
    assert all(one["service"] in queues[one["to"]] for one in waiting)


def test_rules_destinations_and_queues_are_those_that_are_made(plan: Document, manifests: Manifests) -> None:
    rules = {rule for one in manifests.values() for event in one["events"] if (rule := event.get("rule"))}
    made = {rule["name"] for rule in resources(plan, "aws_cloudwatch_event_rule").values()}
    assert rules == {"docs-sweep"} <= made
    destinations = {
        one["function_name"]: named(one["destination_config"][0]["on_failure"][0]["destination"])
        for one in resources(plan, "aws_lambda_function_event_invoke_config").values()
    }
    names = {handler: function["function_name"] for handler, function in functions(plan).items()}
    assert {names[one]: row["on_failure"] for one, row in manifests.items() if row["on_failure"]} == destinations
    mapped = {named(one["event_source_arn"]) for one in resources(plan, "aws_lambda_event_source_mapping").values()}
    assert {queue for row in manifests.values() for queue in row["queues"]} == mapped
    queues = {queue["name"] for queue in resources(plan, "aws_sqs_queue").values()}
    assert queues - set(manifests["process"]["dead_letters"]) == {"docs-starts", "docs-tasks", "docs-reports"}


def test_a_manifest_leaves_a_function_a_kilobyte_of_its_environment(plan: Document) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    sizes = {handler: len(json.dumps(variables(plan, handler), separators=(",", ":"))) for handler in functions(plan)}
    assert max(sizes.values()) < 3_072, sizes


def test_a_manifest_holds_no_secret(plan: Document) -> None:
    secrets: list[Any] = [one for one in allowed(of_functions(plan)["page"]) if "secret" in one.resource]
    told = variables(plan, "page")["SFN_CALLBACK_MANIFEST"]
    # The ARN of the secret that webhooks are signed with, and nothing that is in it.
    assert [one.resource for one in secrets] == re.findall(r"arn:aws:secretsmanager:[^\"]+", told)
