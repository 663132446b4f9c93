"""Whom buckets, queues, topics and functions refuse: read from a plan, and put to an evaluator of IAM."""

import pytest

from tests.module.policies import ACCOUNT, ROLE, STRANGER, Document, decide_for, documents, resources

BUCKET = f"arn:aws:s3:::docs-{ACCOUNT}-eu-central-1"
QUEUES = ["starts", "tasks", "tasks_dead", "notifications_dead", "undelivered"]
TOPICS = ["tasks", "approvals"]
# Who reaches what, and how.
REACHED = [
    pytest.param(
        "aws_s3_bucket_policy", "this[0]", f"{BUCKET}/documents/a", ["s3:GetObject", "s3:PutObject"], id="bucket"
    ),
    *[
        pytest.param(
            "aws_sqs_queue",
            f'this["{name}"]',
            f"arn:aws:sqs:eu-central-1:{ACCOUNT}:docs-{name.replace('_', '-')}",
            ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:SetQueueAttributes"],
            id=f"queue-{name}",
        )
        for name in QUEUES
    ],
    *[
        pytest.param(
            "aws_sns_topic",
            f'this["{name}"]',
            f"arn:aws:sns:eu-central-1:{ACCOUNT}:docs-{name}",
            ["sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes"],
            id=f"topic-{name}",
        )
        for name in TOPICS
    ],
]


def opened(document: Document, resource: str) -> Document:
    """The policy, and beside it a statement that lets everybody do everything."""
    everybody = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": resource}
    return {**document, "Statement": [*document["Statement"], everybody]}


@pytest.mark.parametrize(("kind", "name", "resource", "actions"), REACHED)
def test_whoever_is_of_another_account_is_refused_even_if_somebody_allows_it(
    plan: Document, kind: str, name: str, resource: str, actions: list[str]
) -> None:
    policy = opened(documents(plan, kind)[name], resource)
    assert {decide_for(STRANGER, policy, action, resource) for action in actions} == {"Deny"}
    assert {decide_for(ROLE, policy, action, resource) for action in actions} == {"Allow"}


@pytest.mark.parametrize(("kind", "name", "resource", "actions"), REACHED)
def test_plain_http_is_refused_whoever_comes_with_it(
    plan: Document, kind: str, name: str, resource: str, actions: list[str]
) -> None:
    policy = opened(documents(plan, kind)[name], resource)
    for action in actions:
        assert decide_for(ROLE, policy, action, resource, aws_SecureTransport="false") == "Deny"


@pytest.mark.parametrize(("kind", "name", "resource", "actions"), REACHED)
def test_no_policy_lets_anybody_in_but_who_tells_a_queue_something(
    plan: Document, kind: str, name: str, resource: str, actions: list[str]
) -> None:
    policy = documents(plan, kind)[name]
    assert {decide_for(ROLE, policy, action, resource) for action in actions} == {"ImplicitDeny"}
    allows = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert bool(allows) == (name in ('this["starts"]', 'this["notifications_dead"]'))


def test_the_topic_may_send_its_dead_letters_and_no_other_topic_may(plan: Document) -> None:
    policy = documents(plan, "aws_sqs_queue")['this["notifications_dead"]']
    send = ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{ACCOUNT}:docs-notifications-dead")
    ours, another = (f"arn:aws:sns:eu-central-1:{account}:docs-tasks" for account in (ACCOUNT, "999999999999"))
    assert decide_for("sns.amazonaws.com", policy, *send, aws_SourceArn=ours) == "Allow"
    assert decide_for("sns.amazonaws.com", policy, *send, aws_SourceArn=another) == "ImplicitDeny"
    assert decide_for("s3.amazonaws.com", policy, *send, aws_SourceArn=ours) == "ImplicitDeny"


def test_the_bucket_may_send_what_is_new_in_it_and_no_other_bucket_may(plan: Document) -> None:
    policy = documents(plan, "aws_sqs_queue")['this["starts"]']
    send = ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{ACCOUNT}:docs-starts")

    def decided(bucket: str = BUCKET, account: str = ACCOUNT, service: str = "s3") -> str:
        told = {"aws_SourceArn": bucket, "aws_SourceAccount": account}
        return decide_for(f"{service}.amazonaws.com", policy, *send, **told)

    assert decided() == "Allow"
    # A bucket's name may be another's once it has been deleted.
    assert {decided(f"{BUCKET}s"), decided(account="999999999999"), decided(service="sns")} == {"ImplicitDeny"}


def test_every_queue_and_topic_is_tested_here(plan: Document) -> None:
    assert set(documents(plan, "aws_sqs_queue")) == {f'this["{name}"]' for name in QUEUES}
    assert set(documents(plan, "aws_sns_topic")) == {f'this["{name}"]' for name in TOPICS}


def test_a_service_may_invoke_a_function_for_our_bucket_topic_or_rule_only(plan: Document) -> None:
    pinned = {
        name: (one["principal"], one["source_arn"], one["source_account"], one["action"])
        for name, one in resources(plan, "aws_lambda_permission").items()
    }
    bucket = ("s3.amazonaws.com", BUCKET, ACCOUNT, "lambda:InvokeFunction")
    # A topic's and a rule's ARN name their account, and neither service tells it besides: https://github.com/aws/aws-cli/issues/1996
    topic = ("sns.amazonaws.com", f"arn:aws:sns:eu-central-1:{ACCOUNT}:docs-tasks", None, "lambda:InvokeFunction")
    rule = ("events.amazonaws.com", f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/docs-sweep", None, bucket[-1])
    assert pinned == {'bucket["process"]': bucket, "topic[0]": topic, "sweep[0]": rule}
