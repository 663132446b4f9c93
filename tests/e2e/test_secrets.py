"""After all the other tests have used the stack: no token is in what anybody can read of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.mailbox import Mailbox
from testing.secrecy import leaking
from tests.e2e.conftest import Instance, Stack
from tests.e2e.support.approvals import CAPTURED, Approvals, approvals

__all__ = ["approvals"]

DATA = ("input", "output", "parameters")


@pytest.fixture(scope="module")
def histories(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """What happened in every execution, with the data that it worked on."""
    machines = stack.local.client("stepfunctions")
    found: dict[str, list[dict[str, Any]]] = {}
    for instance in stack.instances.values():
        for machine in instance.outputs["state_machine_arns"].values():
            pages = machines.get_paginator("list_executions").paginate(stateMachineArn=machine)
            for arn in (execution["executionArn"] for page in pages for execution in page["executions"]):
                found[arn] = machines.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    return found


@pytest.fixture(scope="module")
def tokens(stack: Stack, histories: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Every token that there was: those in the ledgers, and those in the payloads that handed them over."""
    found = set(re.findall(r'\\*"token\\*":\s*\\*"([^"\\]+)', json.dumps(list(histories.values()), default=str)))
    for instance in stack.instances.values():
        if instance.outputs["table"]:
            pages = instance.dynamodb.get_paginator("scan").paginate(TableName=instance.outputs["table"])
            found |= {token for page in pages for item in page["Items"] for token in _held(item)}
    assert found
    return found


@pytest.fixture(scope="module")
def mails(stack: Stack, approvals: Approvals) -> Iterator[list[str]]:
    """All that the approvals' topic has sent."""
    mailbox = Mailbox(stack.local, approvals.outputs["approvals_topic_arn"], CAPTURED)
    asked = approvals.ask("Is this a secret?")
    asked.press("approve")
    asked.ended()
    taken = []
    while mail := mailbox.take():
        taken.append(mail.subject + mail.text)
    yield taken
    mailbox.close()


def assert_unknown(tokens: set[str], text: str) -> None:
    assert leaking(tokens, text) == set()


def test_no_function_and_no_machine_has_logged_a_token(stack: Stack, tokens: set[str]) -> None:
    logs = stack.local.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    texts = [event["message"] for name in groups for event in _any(stack).log_events(name)]
    assert any("token" in text for text in texts)
    assert_unknown(tokens, "\n".join(texts))


def test_what_a_machines_log_would_have_of_its_executions_has_no_token(
    histories: dict[str, list[dict[str, Any]]], tokens: set[str]
) -> None:
    # The local AWS delivers no logs of machines. AWS leaves out of them what include_execution_data = false stands for:
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level
    assert_unknown(tokens, json.dumps(_without_data(list(histories.values())), default=str))


def test_no_object_has_a_token_in_its_name_or_its_content(stack: Stack, tokens: set[str]) -> None:
    objects = [*_objects(stack.local.client("s3"))]
    assert objects
    assert_unknown(tokens, "\n".join(objects))


def test_no_message_to_people_has_a_token(mails: list[str], tokens: set[str]) -> None:
    assert mails
    assert_unknown(tokens, "\n".join(mails))


def test_no_log_has_an_approvals_id(stack: Stack, approvals: Approvals, mails: list[str]) -> None:
    ids = {link.rpartition("/")[2] for mail in mails for link in re.findall(r"https?://\S+", mail)}
    groups = approvals.outputs["log_group_names"].values()
    logged = "\n".join(event["message"] for group in groups for event in approvals.log_events(group))
    assert ids
    assert '"approval_asked"' in logged
    assert [one for one in ids if one in logged] == []


def _without_data(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_data(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _without_data(inner) for name, inner in value.items() if name not in DATA}
    return value


def _held(item: dict[str, Any]) -> list[str]:
    """The tokens of a fan-in, or of an approval."""
    return [
        *item.get("tokens", {}).get("SS", ()),
        *(item[name]["S"] for name in ("token", "token_before") if name in item),
    ]


def _objects(s3: Any) -> Iterator[str]:
    """Every object's name and content."""
    for bucket in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                yield entry["Key"] + body.decode(errors="replace")


def _any(stack: Stack) -> Instance:
    return next(iter(stack.instances.values()))
