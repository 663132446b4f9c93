"""Whom buckets, queues, topics and functions refuse: read from a plan, and put to an evaluator of IAM."""

import pytest

from tests.module.policies import ACCOUNT, ROLE, STRANGER, Document, decide_for, documents, resources

BUCKET = f"arn:aws:s3:::docs-{ACCOUNT}-eu-central-1"
QUEUES = ["starts", "reports", "tasks", "tasks_dead", "notifications_dead", "undelivered"]
TOPICS = ["tasks", "approvals", "reports"]
REPORTER = "arn:aws:iam::999999999999:role/worker"
DOORS = {"aws_sqs_queue": ("sqs", "sqs:SendMessage"), "aws_sns_topic": ("sns", "sns:Publish")}
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
    told = {"starts", "notifications_dead", "undelivered", "reports"}
    assert bool(allows) == (name in [f'this["{one}"]' for one in told])


@pytest.mark.parametrize("kind", DOORS)
def test_a_reporter_of_another_account_is_let_in_and_nobody_else_is(plan: Document, kind: str) -> None:
    service, action = DOORS[kind]
    policy = documents(plan, kind)['this["reports"]']
    ours = f"arn:aws:{service}:eu-central-1:{ACCOUNT}:docs-reports"
    assert decide_for(REPORTER, policy, action, ours) == "Allow"
    assert decide_for(REPORTER, policy, action, ours, aws_SecureTransport="false") == "Deny"
    assert decide_for(STRANGER, opened(policy, ours), action, ours) == "Deny"
    for another in (f"{REPORTER}-2", REPORTER.replace("/worker", "/a/worker"), REPORTER.replace("999", "888")):
        assert decide_for(another, opened(policy, ours), action, ours) == "Deny"
    asked = {f"{service}:{one}" for one in ("ReceiveMessage", "DeleteMessage", "Subscribe", "SetTopicAttributes")}
    assert {decide_for(REPORTER, policy, one, ours) for one in asked} == {"ImplicitDeny"}


def test_a_reporter_gets_in_at_its_doors_only(plan: Document) -> None:
    let_in = {
        f"{kind} {name}"
        for kind, attribute in {**dict.fromkeys(DOORS, "policy"), "aws_s3_bucket_policy": "policy"}.items()
        for name, policy in documents(plan, kind, attribute).items()
        if REPORTER in str(policy)
    }
    assert let_in == {f'{kind} this["reports"]' for kind in DOORS}


@pytest.mark.parametrize(("queue", "topic"), [("notifications_dead", "tasks"), ("undelivered", "reports")])
def test_the_topic_may_send_its_dead_letters_and_no_other_topic_may(plan: Document, queue: str, topic: str) -> None:
    policy = documents(plan, "aws_sqs_queue")[f'this["{queue}"]']
    send = ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{ACCOUNT}:docs-{queue.replace('_', '-')}")
    ours, another = (f"arn:aws:sns:eu-central-1:{account}:docs-{topic}" for account in (ACCOUNT, "999999999999"))
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


def test_a_function_is_invoked_for_our_bucket_topic_or_rule_or_by_a_reporter_that_is_named(plan: Document) -> None:
    pinned = {
        name: (one["principal"], one["source_arn"], one["source_account"], one["action"])
        for name, one in resources(plan, "aws_lambda_permission").items()
    }
    bucket = ("s3.amazonaws.com", BUCKET, ACCOUNT, "lambda:InvokeFunction")
    # A topic's and a rule's ARN name their account, and neither service tells it besides: https://github.com/aws/aws-cli/issues/1996
    topics = {
        f'topic["{handler}"]': ("sns.amazonaws.com", f"arn:aws:sns:eu-central-1:{ACCOUNT}:{topic}", None, bucket[-1])
        for handler, topic in {"topic_worker": "docs-tasks", "report": "docs-reports"}.items()
    }
    rule = ("events.amazonaws.com", f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/docs-sweep", None, bucket[-1])
    assert pinned == {
        'bucket["process"]': bucket, **topics, "sweep[0]": rule,
        f'reporters["{REPORTER}"]': (REPORTER, None, None, bucket[-1]),
    }  # fmt: skip
