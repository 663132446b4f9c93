"""Every input is switched on an applied stack, on and off again: nothing that others hold on to is replaced.

By the real provider, because Terraform's mocks replace nothing.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import urllib3

from emulator import function_url_proxy
from emulator.aws import LocalAws
from emulator.mailbox import Mailbox
from tests.e2e.conftest import wait_for
from tools import hcl
from tools.terraform import Root

ROOT = Path(__file__).resolve().parents[2]
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
    "package": {"path": "another.zip"},
    "packages": {"merge": {"path": "another.zip"}},
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
TOLD = ("page_url", "callback_policies", "state_machine_arns", "approvals_topic_arn")
# What says which resources there are: whoever changes it asks for others.
OTHERS = {"name", "create", "workflows", "bucket", "images", "parts"}


class Stack:
    """The module, called with inputs that change."""

    def __init__(self, folder: Path, local: LocalAws, **fixed: Any) -> None:
        self._fixed = fixed
        self._file = folder / "main.tf.json"
        shutil.copy(ROOT / "dist" / "sfn_callback.zip", folder / "another.zip")
        self._root = Root(folder, folder / "work", local.environment, {})
        self._given()
        self._root.init()

    def apply(self, **inputs: Any) -> dict[str, Any]:
        """Apply it with these inputs; return the outputs that others hold on to."""
        self._given(**inputs)
        return self._root.apply()

    def replaced(self, *, refresh: bool = True, **inputs: Any) -> list[str]:
        """What a plan with these inputs would delete and make again, of what is to be kept.

        Without ``refresh`` where it believes what the last apply, or the last plan that read what there is, has left.
        """
        self._given(**inputs)
        changes = self._root.plan(refresh=refresh)
        again = [address.removeprefix("module.this.") for address, action in changes.items() if action == "replace"]
        return sorted(address for address in again if address.partition(".")[0] in KEPT)

    def apply_plan(self) -> dict[str, Any]:
        """Apply what the last call of :meth:`replaced` has planned; return what others hold on to."""
        return self._root.apply_plan()

    def _given(self, **inputs: Any) -> None:
        call = {"source": str(ROOT), **self._fixed, **inputs}
        outputs = {name: {"value": f"${{module.this.{name}}}"} for name in TOLD}
        self._file.write_text(json.dumps({"module": {"this": call}, "provider": {"aws": {}}, "output": outputs}))


class Switched:
    """A stack that was applied, and then switched; and what a plan before, and one after, would have replaced."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.before = stack.apply()
        self.replaced = {"on": stack.replaced(refresh=False, **SWITCHED)}
        self.after = stack.apply_plan()
        self.replaced["off again"] = stack.replaced()
        planned = SWITCHED | PLANNED | {"versions": {}}
        self.replaced["versions off, others planned"] = stack.replaced(refresh=False, **planned)


@pytest.fixture(scope="module")
def switched(tmp_path_factory: pytest.TempPathFactory, local_aws: LocalAws) -> Switched:
    return Switched(Stack(tmp_path_factory.mktemp("switched"), local_aws, name="switched", workflows=WORKFLOWS))


@pytest.fixture
def stack(switched: Switched) -> Stack:
    """The stack, switched."""
    return switched.stack


def test_every_input_is_switched_here() -> None:
    assert set(SWITCHED) | set(PLANNED) | OTHERS == set(hcl.blocks("variable"))


def test_a_switch_replaces_nothing_that_others_hold_on_to(switched: Switched) -> None:
    assert switched.replaced == {"on": [], "off again": [], "versions off, others planned": []}
    before, after = switched.before, switched.after
    assert after["page_url"] == before["page_url"]
    # What running executions invoke, by their old definitions.
    assert after["callback_policies"] == before["callback_policies"]


def test_a_bucket_that_told_start_itself_as_it_did_before_tells_the_queue_in_place(
    stack: Stack, local_aws: LocalAws
) -> None:
    s3, place = local_aws.client("s3"), {"Bucket": "switched-000000000000-eu-central-1"}
    told = s3.get_bucket_notification_configuration(**place)
    functions, queues = told["LambdaFunctionConfigurations"], told["QueueConfigurations"]
    (process,), (documents,) = functions, queues
    before = {name: documents[name] for name in ("Id", "Events", "Filter")}
    before["LambdaFunctionArn"] = process["LambdaFunctionArn"].replace("process", "start")
    configuration = {"LambdaFunctionConfigurations": [process, before]}
    s3.put_bucket_notification_configuration(**place, NotificationConfiguration=configuration)
    assert stack.replaced(**SWITCHED) == []
    stack.apply_plan()
    told = s3.get_bucket_notification_configuration(**place)
    assert (told["LambdaFunctionConfigurations"], told["QueueConfigurations"]) == (functions, queues)


def test_another_name_replaces_what_data_lies_in(stack: Stack) -> None:
    replaced = stack.replaced(refresh=False, **SWITCHED | {"name": "renamed"})
    assert {"aws_dynamodb_table.ledger[0]", "aws_s3_bucket.this[0]"} <= set(replaced)


def test_a_function_that_becomes_an_image_is_made_anew_with_all_that_hangs_on_it(stack: Stack) -> None:
    made = ("process", "chunk_failed", "page", "http_start", "topic_worker", "report", "sweep")
    image = f"000000000000.dkr.ecr.eu-central-1.amazonaws.com/scans@sha256:{'0' * 64}"
    replaced = stack.replaced(refresh=False, **SWITCHED | {"images": dict.fromkeys(made, image)})
    kinds = ("aws_lambda_function.this", "aws_lambda_alias.live")
    each = {f'{kind}["{handler}"]' for kind in kinds for handler in made}
    others = {
        'aws_lambda_function_event_invoke_config.this["process"]',
        'aws_lambda_function_event_invoke_config.this["topic_worker"]',
        'aws_lambda_permission.bucket["process"]', "aws_lambda_permission.sweep[0]",
        *[f'aws_lambda_permission.topic["{handler}"]' for handler in ("topic_worker", "report")],
        *[f'aws_lambda_function_url.this["{handler}"]' for handler in ("page", "http_start", "report")],
        'aws_lambda_permission.reporters["arn:aws:iam::000000000000:role/worker"]',
    }  # fmt: skip
    assert each | others <= set(replaced)


def test_an_approval_that_waits_across_an_upgrade_is_decided_by_its_old_link(
    tmp_path: Path, local_aws: LocalAws
) -> None:
    stack = Stack(tmp_path, local_aws, name="upgraded", workflows=["approval"], resume_resources=["*"])
    before = stack.apply()
    machines, mailbox = local_aws.client("stepfunctions"), Mailbox(local_aws, before["approvals_topic_arn"], "upgraded")
    machine = before["state_machine_arns"]["approval"]
    waits = machines.start_execution(stateMachineArn=machine, input='{"subject": "Upgrade?"}')["executionArn"]
    mail = wait_for(mailbox.take, 60)
    stack.apply(versions={"publish": True}, memory_mb={"ask": 512, "page": 512})
    (link,) = re.findall(r"https?://\S+", mail.text)
    with function_url_proxy.served(local_aws, before["page_url"]) as page:
        here = link.replace(before["page_url"], page)
        form: dict[str, Any] = {
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "body": "action=approve",
        }
        assert urllib3.PoolManager().request("POST", here, redirect=False, **form).status == 303
    assert wait_for(lambda: ended(machines, waits), 60) == "SUCCEEDED"
    mailbox.close()


def ended(machines: Any, execution: str) -> str | None:
    """How an execution has ended, if it has."""
    status: str = machines.describe_execution(executionArn=execution)["status"]
    return None if status == "RUNNING" else status
