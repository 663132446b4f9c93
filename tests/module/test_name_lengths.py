"""The longest name that the module takes makes no name that is too long, in the region with the longest one."""

import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from tests.module.policies import resources

NAME, REGION = "docs", "eu-central-1"
LONGEST = "a" * 28

# What a resource's name may have at most, and who says so.
LIMITS = {
    ("aws_cloudformation_stack", "name"): 128,  # AWSCloudFormation/latest/APIReference/API_CreateStack.html
    ("aws_cloudwatch_event_rule", "name"): 64,  # eventbridge/latest/APIReference/API_PutRule.html
    ("aws_cloudwatch_log_group", "name"): 512,  # AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    ("aws_dynamodb_table", "name"): 255,  # amazondynamodb/latest/APIReference/API_CreateTable.html
    ("aws_iam_role", "name"): 64,  # IAM/latest/APIReference/API_CreateRole.html
    ("aws_lambda_function", "function_name"): 64,  # lambda/latest/api/API_CreateFunction.html
    ("aws_s3_bucket", "bucket"): 63,  # AmazonS3/latest/userguide/bucketnamingrules.html
    ("aws_sfn_state_machine", "name"): 80,  # step-functions/latest/apireference/API_CreateStateMachine.html
    ("aws_sns_topic", "name"): 256,  # sns/latest/api/API_CreateTopic.html
    ("aws_sqs_queue", "name"): 80,  # AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
}


def regions() -> list[str]:
    """All regions of all partitions that botocore knows."""
    data = json.loads((Path(botocore.__file__).parent / "data" / "endpoints.json").read_text())
    return [region for partition in data["partitions"] for region in partition["regions"]]


def lengthened(name: str) -> str:
    """A planned name as the longest of both makes it."""
    return name.replace(REGION, max(regions(), key=len)).replace(NAME, LONGEST, 1)


@pytest.mark.parametrize(("kind", "attribute"), LIMITS, ids=[kind for kind, _ in LIMITS])
def test_a_name_is_short_enough_in_every_region(plan: dict[str, Any], kind: str, attribute: str) -> None:
    names = [lengthened(one[attribute]) for one in resources(plan, kind).values()]
    assert names and all(LONGEST in name for name in names)
    assert [name for name in names if len(name) > LIMITS[kind, attribute]] == []


def test_a_longer_name_would_not_fit() -> None:
    assert max(len(region) for region in regions()) >= len("us-gov-west-1")
    assert len(lengthened(f"{NAME}-{REGION}-documents-machine")) > 64 - 4
