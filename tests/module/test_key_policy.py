"""The key of docs/key-policy.md: whom its policy lets in."""

import pytest

from tests.module.policies import ACCOUNT, STRANGER, Document, decide_for, documents, resources

KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
LOGS = f"arn:aws:logs:eu-central-1:{ACCOUNT}"


@pytest.fixture(scope="module")
def policy(plans: dict[str, Document]) -> Document:
    """The policy as Terraform plans it."""
    return documents(plans["key"], "aws_kms_key")["callback"]


def test_iam_decides_for_this_account_and_nobody_else_gets_in(policy: Document) -> None:
    assert decide_for(f"arn:aws:iam::{ACCOUNT}:root", policy, "kms:Decrypt", KEY) == "Allow"
    assert decide_for(STRANGER, policy, "kms:Decrypt", KEY) == "ImplicitDeny"


@pytest.mark.parametrize(
    "action", ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey"]
)
def test_logs_are_encrypted_for_the_modules_groups_only(plan: Document, policy: Document, action: str) -> None:
    def decided(group: str) -> str:
        context = {"kms_EncryptionContext:aws:logs:arn": f"{LOGS}:log-group:{group}"}
        return decide_for("logs.eu-central-1.amazonaws.com", policy, f"kms:{action}", KEY, **context)

    groups = [group["name"] for group in resources(plan, "aws_cloudwatch_log_group").values()]
    assert {decided(group) for group in groups} == {"Allow"}
    assert decided("/aws/lambda/another") == "ImplicitDeny"


def test_logs_of_machines_are_delivered_in_this_account_only(policy: Document) -> None:
    def decided(arn: str) -> str:
        context = {"kms_EncryptionContext:SourceArn": arn}
        return decide_for("delivery.logs.amazonaws.com", policy, "kms:Decrypt", KEY, **context)

    assert decided(f"{LOGS}:*") == "Allow"
    assert decided("arn:aws:logs:eu-central-1:999999999999:*") == "ImplicitDeny"


@pytest.mark.parametrize("action", ["Decrypt", "GenerateDataKey"])
def test_documents_wait_encrypted_for_our_bucket_only(plan: Document, policy: Document, action: str) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    def decided(bucket: str, service: str = "s3") -> str:
        arn = f"arn:aws:s3:::{bucket}"
        return decide_for(f"{service}.amazonaws.com", policy, f"kms:{action}", KEY, aws_SourceArn=arn)

    (ours,) = (bucket["bucket"] for bucket in resources(plan, "aws_s3_bucket").values())
    assert (decided(ours), decided("another"), decided(ours, "events")) == ("Allow", "ImplicitDeny", "ImplicitDeny")


@pytest.mark.parametrize("action", ["Decrypt", "GenerateDataKey"])
def test_what_rules_tell_is_kept_encrypted_for_our_rules_only(policy: Document, action: str) -> None:
    def decided(rule: str, service: str = "events") -> str:
        arn = f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/{rule}"
        return decide_for(f"{service}.amazonaws.com", policy, f"kms:{action}", KEY, aws_SourceArn=arn)

    assert [decided(f"docs-{rule}") for rule in ("start", "process", "ends")] == ["Allow"] * 3
    assert (decided("another"), decided("docs-start", service="s3")) == ("ImplicitDeny", "ImplicitDeny")


@pytest.mark.parametrize("action", ["Decrypt", "GenerateDataKey"])
def test_dead_letters_are_kept_for_our_topics_only(policy: Document, action: str) -> None:
    def decided(topic: str, service: str = "sns") -> str:
        arn = f"arn:aws:sns:eu-central-1:{ACCOUNT}:{topic}"
        return decide_for(f"{service}.amazonaws.com", policy, f"kms:{action}", KEY, aws_SourceArn=arn)

    assert [decided(topic) for topic in ("docs-tasks", "docs-reports", "another")] == ["Allow", "Allow", "ImplicitDeny"]
    assert decided("docs-tasks", service="s3") == "ImplicitDeny"
