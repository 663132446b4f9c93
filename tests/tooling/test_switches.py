"""Every input is switched on an applied stack, on and off again: nothing that others hold on to is replaced.

By the real provider, because Terraform's mocks replace nothing. Each step is of three instances: one that is switched,
one whose approval waits across an upgrade, and one that settles, in a bucket of the caller's.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from emulator import function_url_proxy
from emulator.aws import LocalAws
from emulator.mailbox import Mailbox
from tests.e2e.conftest import wait_for
from tests.readme import ROOT
from tests.tooling import applied
from tests.tooling.applied import ANOTHER, Instances, planned
from tools.terraform_progress import Messages

WORKFLOWS = ["documents", "direct", "queue", "topic", "approval"]
OPERATORS = "arn:aws:sns:eu-central-1:000000000000:operators"
# What mailed links, running executions and other stacks know by its address or its ARN, and what data lies in.
KEPT = {
    "aws_dynamodb_table", "aws_lambda_alias", "aws_lambda_event_source_mapping", "aws_lambda_function",
    "aws_lambda_function_event_invoke_config", "aws_lambda_function_url", "aws_lambda_permission", "aws_s3_bucket",
    "aws_sfn_state_machine", "aws_sns_topic", "aws_sns_topic_subscription", "aws_sqs_queue",
}  # fmt: skip
SWITCHED: dict[str, Any] = {
    "tags": {"Team": "data"},
    "workload": "my_words",
    "package": ANOTHER,
    "packages": {"merge": {"path": str(ROOT / "dist" / "sfn_callback.zip")}},
    "versions": {"publish": True, "snap_start": ["page", "process"]},
    "environment": {"MODE": "fast"},
    "runtime": "python3.12",
    "architecture": "x86_64",
    "memory_mb": {"merge": 2048},
    "ephemeral_storage_mb": {"merge": 1024},
    "timeout_seconds": {"process": 200},
    "reserved_concurrency": 7,
    "definitions": {"direct": str(ROOT / "examples" / "existing-infrastructure" / "direct.asl.json")},
    "completion": {"tolerated_failure_count": 1},
    "max_chunks": 10,
    "document_suffixes": [".txt"],
    "wait": {"round_seconds": 3000, "max_rounds": 2, "job_seconds": 20000},
    "pending": {
        "heartbeat_seconds": 60, "longest_seconds": 600, "doors": ["queue", "topic", "url"],
        "result_buckets": ["scans/out"], "reporters": ["arn:aws:iam::000000000000:role/worker"],
    },
    "sweep": {"minutes": 30},
    "task": {"timeout_seconds": 20000, "heartbeat_seconds": 600, "maximum_concurrency": 5, "large_outputs": "fail"},
    "http_start": True,
    "approval": {
        "timeout_seconds": 86400, "remind_seconds": 3600, "emails": ["ana@example.com"], "url_auth": "AWS_IAM",
        "url": "https://approve.example.com/", "reserved_concurrency": 3,
        "asker": {"name": "Northwind Press", "contact": "press@example.com"},
    },
    "retention_days": {"logs": 7, "data": 7},
    "eventbridge": True,
    "force_destroy": True,
    "resume_resources": ["*"],
    "durable_functions": ["arn:aws:lambda:eu-central-1:000000000000:function:theirs"],
    "xray_tracing": True,
    "alarms": {"topic_arn": OPERATORS},
    "notifications": {"topic_arn": OPERATORS},
    "metrics": True,
    "dashboard": True,
}  # fmt: skip
# What needs something that is not there: planned only.
PLANNED: dict[str, Any] = {
    "layers": ["arn:aws:lambda:eu-central-1:000000000000:layer:theirs:3"],
    "vpc": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
    "kms_key_arn": "arn:aws:kms:eu-central-1:000000000000:key/1234",
    "permissions_boundary": "arn:aws:iam::000000000000:policy/boundary",
    "role_path": "/pipelines/",
    "role_arns": {"process": "arn:aws:iam::000000000000:role/theirs"},
    "log_group_names": {"process": "/theirs/process"},
}
# What says which resources there are: whoever changes it asks for others.
OTHERS = {"name", "create", "workflows", "bucket", "images", "parts"}
PLAIN: dict[str, Any] = {"workflows": WORKFLOWS}
WAITING: dict[str, Any] = {"workflows": ["approval", "direct"], "resume_resources": ["*"]}
# Roles and log groups are the caller's as well, as other instances have them.
DOCUMENTS = (
    "documents", "start", "split", "process", "merge", "await_chunks", "chunk_failed", "record_failure", "redrive",
)  # fmt: skip
SETTLED: dict[str, Any] = {
    "bucket": {"name": "settled-theirs"},
    "role_arns": dict.fromkeys(DOCUMENTS, "arn:aws:iam::000000000000:role/any"),
    "log_group_names": {name: f"/aws/vendedlogs/states/theirs/{name}" for name in DOCUMENTS},
}
UPGRADED = WAITING | {"versions": {"publish": True}, "memory_mb": {"ask": 512, "page": 512}}
BUCKET = {"Bucket": "switched-000000000000-eu-central-1"}
WARNING = "does not send its events to EventBridge"


@pytest.fixture(scope="module")
def instances(tmp_path_factory: pytest.TempPathFactory, local_aws: LocalAws) -> Iterator[Instances]:
    folder = tmp_path_factory.mktemp("switched")
    with applied.running(folder, local_aws, "switched", "waiting", "settled") as running:
        yield running


@pytest.fixture(scope="module")
def made(instances: Instances, local_aws: LocalAws, any_role: str) -> Messages:
    """The instances, applied; the caller's bucket tells EventBridge."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="settled-theirs", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    tell_of_bucket(local_aws, eventbridge=True)
    return instances.apply(switched=PLAIN, waiting=WAITING, settled=SETTLED)


def tell_of_bucket(local_aws: LocalAws, *, eventbridge: bool) -> None:
    """Have Cloud Control, which knows here only what it was told, tell of the bucket as AWS does."""
    control: Any = local_aws.client("cloudcontrol")
    place = {"TypeName": "AWS::S3::Bucket", "Identifier": "settled-theirs"}
    switch = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}} if eventbridge else {}
    state = json.dumps({"BucketName": "settled-theirs", "NotificationConfiguration": switch})
    with suppress(control.exceptions.ResourceNotFoundException):
        control.delete_resource(**place)
    control.create_resource(TypeName=place["TypeName"], DesiredState=state)


@dataclass(frozen=True)
class Waits:
    """An approval that waits, and the link that was mailed."""

    execution: str
    link: str


@pytest.fixture(scope="module")
def waits(made: Messages, local_aws: LocalAws) -> Waits:
    before = made.outputs["waiting"]
    machine, mailbox = (
        before["state_machine_arns"]["approval"],
        Mailbox(local_aws, before["approvals_topic_arn"], "waits"),
    )
    begun = local_aws.client("stepfunctions").start_execution(stateMachineArn=machine, input='{"subject": "Upgrade?"}')
    (link,) = re.findall(r"https?://\S+", wait_for(mailbox.take, 60).text)
    mailbox.close()
    return Waits(begun["executionArn"], link)


@pytest.fixture(scope="module")
def told(made: Messages, local_aws: LocalAws) -> tuple[Any, Any]:
    """Whom the bucket told of its objects, functions and queues; now it tells start itself, as it did before."""
    s3 = local_aws.client("s3")
    told = s3.get_bucket_notification_configuration(**BUCKET)
    functions, queues = told["LambdaFunctionConfigurations"], told["QueueConfigurations"]
    (process,), (documents,) = functions, queues
    before = {name: documents[name] for name in ("Id", "Events", "Filter")}
    before["LambdaFunctionArn"] = process["LambdaFunctionArn"].replace("process", "start")
    configuration = {"LambdaFunctionConfigurations": [process, before]}
    s3.put_bucket_notification_configuration(**BUCKET, NotificationConfiguration=configuration)
    return functions, queues


@pytest.fixture(scope="module")
def switched(instances: Instances, made: Messages, waits: Waits, told: Any) -> Messages:
    """Every input switched on, and the upgrade, applied."""
    return instances.apply(looking_first=False, switched=PLAIN | SWITCHED, waiting=UPGRADED, settled=SETTLED)


@pytest.fixture(scope="module")
def off(instances: Instances, switched: Messages, local_aws: LocalAws) -> Messages:
    """A plan with everything off again, and on what is planned only; the caller's bucket does not tell EventBridge."""
    tell_of_bucket(local_aws, eventbridge=False)
    return instances.plan(switched=PLAIN | PLANNED, waiting=UPGRADED | {"name": "renamed"}, settled=SETTLED)


def replaced(said: Messages, instance: str = "switched") -> set[str]:
    """What a plan would delete and make again, of what is to be kept."""
    again = {address for address, how in planned(said, instance).items() if how == "replace"}
    return {address for address in again if address.partition(".")[0] in KEPT}


def test_every_input_is_switched_here() -> None:
    inputs = [
        name for file in ROOT.glob("*.tf") for name in re.findall(r'^variable "(.+)"', file.read_text(), re.MULTILINE)
    ]
    assert set(SWITCHED) | set(PLANNED) | OTHERS == set(inputs)


def test_a_switch_replaces_nothing_that_others_hold_on_to(made: Messages, switched: Messages, off: Messages) -> None:
    assert {"on": replaced(switched), "off": replaced(off)} == {"on": set(), "off": set()}
    before, after = made.outputs["switched"], switched.outputs["switched"]
    assert after["page_url"] == before["page_url"]
    # What running executions invoke, by their old definitions.
    assert after["callback_policies"] == before["callback_policies"]


def test_a_bucket_that_told_start_itself_as_it_did_before_tells_the_queue_in_place(
    told: tuple[Any, Any], switched: Messages, local_aws: LocalAws
) -> None:
    assert planned(switched, "switched")["aws_s3_bucket_notification.this[0]"] == "update"
    now = local_aws.client("s3").get_bucket_notification_configuration(**BUCKET)
    assert (now["LambdaFunctionConfigurations"], now["QueueConfigurations"]) == told


def test_another_name_replaces_what_data_lies_in(off: Messages) -> None:
    assert {"aws_dynamodb_table.ledger[0]", "aws_s3_bucket.this[0]"} <= replaced(off, "waiting")


def test_a_function_that_becomes_an_image_is_made_anew_with_all_that_hangs_on_it_and_with_nothing_else(
    instances: Instances, switched: Messages
) -> None:
    made = ("process", "chunk_failed", "page", "http_start", "topic_worker", "report", "sweep")
    image = f"000000000000.dkr.ecr.eu-central-1.amazonaws.com/scans@sha256:{'0' * 64}"
    given = PLAIN | SWITCHED | PLANNED | {"images": dict.fromkeys(made, image)}
    kinds = ("aws_lambda_function.this", "aws_lambda_alias.live")
    assert replaced(instances.plan(looking_first=False, switched=given)) == {
        *(f'{kind}["{handler}"]' for kind in kinds for handler in made),
        *(
            f'aws_lambda_function_event_invoke_config.this["{handler}"]'
            for handler in ("process", "chunk_failed", "topic_worker", "report")
        ),
        'aws_lambda_permission.bucket["process"]', "aws_lambda_permission.sweep[0]",
        *(
            f'{kind}["{handler}"]'
            for kind in ("aws_lambda_permission.topic", "aws_sns_topic_subscription.worker")
            for handler in ("topic_worker", "report")
        ),
        *(f'aws_lambda_function_url.this["{handler}"]' for handler in ("page", "http_start", "report")),
        'aws_lambda_permission.reporters["arn:aws:iam::000000000000:role/worker"]',
    }  # fmt: skip


def test_a_callers_bucket_is_looked_at_by_each_plan_and_leaves_none_with_a_change(
    made: Messages, switched: Messages, off: Messages
) -> None:
    # So that an alarm on drift falls silent.
    assert [planned(switched, "settled"), planned(off, "settled")] == [{}, {}]
    assert [WARNING in " ".join(said.warnings) for said in (made, switched, off)] == [False, False, True]


def test_an_approval_that_waits_across_an_upgrade_is_decided_by_its_old_link(
    made: Messages, waits: Waits, switched: Messages, local_aws: LocalAws
) -> None:
    page_url, machines = made.outputs["waiting"]["page_url"], local_aws.client("stepfunctions")
    with function_url_proxy.served(local_aws, page_url) as page:
        here = waits.link.replace(page_url, page)
        form: dict[str, Any] = {
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "body": "action=approve",
        }
        assert urllib3.PoolManager().request("POST", here, redirect=False, **form).status == 303
    assert wait_for(lambda: ended(machines, waits.execution), 60) == "SUCCEEDED"


def ended(machines: Any, execution: str) -> str | None:
    """How an execution has ended, if it has."""
    status: str = machines.describe_execution(executionArn=execution)["status"]
    return None if status == "RUNNING" else status
