"""``doctor``: each thing that can be wrong is found, and what to do about it said."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from sfn_callback.aws import clients
from sfn_callback_operator import deployment
from testing import manifests
from testing.environment import BUCKET, TABLE
from testing.moto_state import Snapshot
from tests.functional.conftest import TOKEN
from tests.operator.conftest import ACCOUNT, HANDLERS, TOPIC, Desk, make_function, package

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:"
LONG = 3 * 20 + 240 + 60
"""Seconds after which three attempts at a chunk are over."""


def _make_sound() -> None:
    functions = boto3.client("lambda")
    functions.add_permission(
        FunctionName="docs-process", StatementId="bucket", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    starts = boto3.client("sqs").create_queue(QueueName="docs-starts")["QueueUrl"]
    let_in("s3.amazonaws.com")
    functions.create_event_source_mapping(FunctionName="docs-start", EventSourceArn=arn_of(starts))
    notify(("docs-process", "chunks/"))
    queue = boto3.client("sqs").create_queue(QueueName="docs-undelivered")["QueueUrl"]
    arn = arn_of(queue)
    for function, destination in {
        "docs-start": arn,
        "docs-process": f"{ARN}docs-chunk-failed",
        "docs-chunk-failed": arn,
    }.items():
        config: Any = {"OnFailure": {"Destination": destination}}
        functions.put_function_event_invoke_config(FunctionName=function, DestinationConfig=config)
    boto3.client("dynamodb").update_time_to_live(
        TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    boto3.client("sqs").create_queue(QueueName="mailbox")
    mailbox = "arn:aws:sqs:eu-central-1:123456789012:mailbox"
    boto3.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=mailbox)


SOUND = Snapshot(_make_sound)


@pytest.fixture
def sound(desk: Desk) -> Desk:
    """A deployment in which all is as the module makes it, as far as moto knows it."""
    SOUND.put_back()
    return desk


def arn_of(queue: str) -> str:
    said = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    return str(said["QueueArn"])


def let_in(service: str) -> None:
    """Let a service send to the queue in which documents wait, and nobody else."""
    url = boto3.client("sqs").get_queue_url(QueueName="docs-starts")["QueueUrl"]
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    boto3.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def notify(*told: tuple[str, str], documents: str = "documents/") -> None:
    """Have the bucket tell functions of new objects, and the queue of new documents."""
    configurations: Any = [
        {
            "LambdaFunctionArn": f"{ARN}{function}",
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
        }
        for function, prefix in told
    ]
    boto3.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": configurations,
            "QueueConfigurations": [
                {
                    "QueueArn": "arn:aws:sqs:eu-central-1:123456789012:docs-starts",
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": documents}]}},
                }
            ],
        },
    )


def problems(desk: Desk) -> list[dict[str, Any]]:
    return [finding for finding in desk.json("doctor") if finding["level"] == "problem"]


def test_a_sound_deployment_has_no_problem(sound: Desk) -> None:
    ran = sound.run("doctor", "--all", "--output", "json")
    assert [finding for finding in ran.json if finding["level"] == "problem"] == []
    assert ran.code == 0
    looked_at = {finding["what"] for finding in ran.json if finding["level"] == "good"}
    assert looked_at >= {
        "versions",
        "notification",
        "destinations",
        "documents",
        "dead letters",
        "ledger",
        "subscribers",
        "open jobs",
    }


def test_what_cannot_be_looked_at_is_said_and_stops_nothing(sound: Desk) -> None:
    sound.iam.refused = True
    unknown = [finding["what"] for finding in sound.json("doctor") if finding["level"] == "unknown"]
    assert unknown == ["permissions"]


def _other_package(desk: Desk) -> None:
    desk.functions.update_function_code(FunctionName="docs-merge", ZipFile=package("other"))


def _no_destination(desk: Desk) -> None:
    desk.functions.delete_function_event_invoke_config(FunctionName="docs-process")


def _no_permission(desk: Desk) -> None:
    desk.functions.remove_permission(FunctionName="docs-process", StatementId="bucket")


def _may_not_run(desk: Desk) -> None:
    desk.functions.put_function_concurrency(FunctionName="docs-process", ReservedConcurrentExecutions=0)


def _dead_letter(_: Desk) -> None:
    queue = boto3.client("sqs").get_queue_url(QueueName="docs-undelivered")["QueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="lost")


def _nobody_subscribed(_: Desk) -> None:
    for one in boto3.client("sns").list_subscriptions()["Subscriptions"]:
        boto3.client("sns").unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _may_not_start(desk: Desk) -> None:
    desk.iam.denied = {"states:StartExecution"}


def _delete_queue(name: str) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def _mapping(desk: Desk) -> str:
    (mapping,) = desk.functions.list_event_source_mappings(FunctionName="docs-start")["EventSourceMappings"]
    return str(mapping["UUID"])


def _no_mapping(desk: Desk) -> None:
    desk.functions.delete_event_source_mapping(UUID=_mapping(desk))


def _mapping_off(desk: Desk) -> None:
    desk.functions.update_event_source_mapping(UUID=_mapping(desk), Enabled=False)


@pytest.mark.parametrize(
    ("state", "level"),
    [
        ({"LastUpdateStatus": "InProgress"}, "warning"),
        ({"State": "Pending"}, "warning"),
        ({"State": "Failed", "StateReason": "no such key"}, "problem"),
        ({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such key"}, "problem"),
    ],
)
def test_a_deploy_that_is_under_way_is_a_warning_and_one_that_failed_a_problem(
    sound: Desk, monkeypatch: pytest.MonkeyPatch, state: dict[str, str], level: str
) -> None:
    functions = clients.functions()
    get = functions.get_function_configuration
    # moto's functions are there at once. https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    monkeypatch.setattr(functions, "get_function_configuration", lambda **named: {**get(**named), **state})
    found = [finding for finding in sound.json("doctor") if finding["what"] == "functions"]
    assert {finding["level"] for finding in found} == {level}
    assert sound.run("doctor").code == (level == "problem")


@pytest.fixture
def swept(sound: Desk) -> Desk:
    """A deployment with a sweeper."""
    there = (*HANDLERS, "sweep")
    make_function(sound.functions, "sweep", sound.environment("process"))
    for handler in there:
        sound.say(handler, manifests.of(handler, there, ACCOUNT))
    sound.functions.add_permission(
        FunctionName="docs-sweep", StatementId="sweep", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    boto3.client("events").put_rule(Name="docs-sweep", ScheduleExpression="rate(15 minutes)")
    return sound


def test_a_sweeper_is_in_order(swept: Desk) -> None:
    found = swept.json("doctor", "--all")
    assert [finding["says"] for finding in found if finding["what"] == "rules"] == ["docs-sweep → docs-sweep"]
    assert [finding for finding in found if finding["level"] == "problem"] == []


def _switched_off() -> None:
    boto3.client("events").disable_rule(Name="docs-sweep")


def _deleted() -> None:
    boto3.client("events").delete_rule(Name="docs-sweep")


@pytest.mark.parametrize(("break_", "says"), [(_switched_off, "is disabled"), (_deleted, "does not exist")])
def test_a_sweeper_that_nobody_invokes_is_a_problem(swept: Desk, break_: Callable[[], None], says: str) -> None:
    break_()
    (found,) = problems(swept)
    assert found["what"] == "rules"
    assert says in found["says"]


BROKEN: dict[str, tuple[Callable[[Desk], None], str, str]] = {
    "notification": (lambda _: notify(), "notification", "docs-process"),
    "other prefix": (lambda _: notify(("docs-process", "results/")), "notification", "docs-process"),
    "no documents": (
        lambda _: notify(("docs-process", "chunks/"), documents="elsewhere/"),
        "notification",
        "does not notify docs-starts of new objects under documents/",
    ),
    "no starts": (lambda _: _delete_queue("docs-starts"), "documents", "docs-starts does not exist"),
    "policy of starts": (
        lambda _: let_in("sns.amazonaws.com"),
        "permissions",
        "s3.amazonaws.com may not send to docs-starts",
    ),
    "no mapping": (_no_mapping, "consumers", "docs-start does not read docs-starts: it has no"),
    "mapping": (
        _mapping_off,
        "consumers",
        "docs-start does not read docs-starts: the event source mapping is Disabled",
    ),
    "half a deploy": (_other_package, "versions", "2 different packages"),
    "destination": (_no_destination, "destinations", "docs-process"),
    "permission": (_no_permission, "permissions", "s3.amazonaws.com may not invoke docs-process"),
    "concurrency": (_may_not_run, "functions", "docs-process may not run"),
    "dead letter": (_dead_letter, "dead letters", "1 wait in docs-undelivered"),
    "no queue": (lambda _: _delete_queue("docs-undelivered"), "dead letters", "docs-undelivered does not exist"),
    "role": (_may_not_start, "permissions", "docs-start may not states:StartExecution"),
    "no subscriber": (_nobody_subscribed, "subscribers", "nobody is told of approvals"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_is_the_one_problem_and_has_a_remedy(sound: Desk, broken: str) -> None:
    break_, what, says = BROKEN[broken]
    break_(sound)
    ran = sound.run("doctor", "--output", "json")
    (found,) = [finding for finding in ran.json if finding["level"] == "problem"]
    assert found["what"] == what
    assert says in found["says"]
    assert (bool(found["do"]), ran.code) == (True, 1)


def test_who_may_not_take_an_upload_back_is_found(sound: Desk) -> None:
    sound.iam.denied = {"s3:AbortMultipartUpload"}
    places = {"merge": "merged", "process": "results", "split": "chunks"}
    assert sorted(finding["says"] for finding in problems(sound)) == [
        f"docs-{handler} may not s3:AbortMultipartUpload on arn:aws:s3:::{BUCKET}/{place}/x"
        for handler, place in places.items()
    ]


def test_a_job_whose_chunks_never_came_is_stuck_after_three_attempts(sound: Desk) -> None:
    job = sound.job()
    assert problems(sound) == []
    sound.machine.earlier(sound.arn, LONG)
    (found,) = problems(sound)
    assert "for 3 chunks" in found["says"]
    assert found["do"] == f"sfn-callback redrive {job} --missing"


def test_packages_and_images_of_single_functions_are_no_halfway_deploy(sound: Desk) -> None:
    functions = sound.functions
    environment = functions.get_function_configuration(FunctionName="docs-split")["Environment"]["Variables"]
    own = {"Variables": {**environment, "SFN_CALLBACK_PACKAGE": "own"}}
    functions.update_function_configuration(FunctionName="docs-split", Environment=own)
    functions.update_function_code(FunctionName="docs-split", ZipFile=package("x = 1"))
    assert problems(sound) == []


def test_a_deployment_is_known_by_any_of_its_functions(sound: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [{"FunctionName": "docs-process", "PackageType": "Image"}]
    listed += [{"FunctionName": "docs-chunk-failed", "Handler": "sfn_callback.handlers.chunk_failed.handler"}]
    listed += [{"FunctionName": "theirs-process", "Handler": "theirs.process.handler"}]
    pages = SimpleNamespace(paginate=lambda: [{"Functions": listed}])
    monkeypatch.setattr(sound.functions, "get_paginator", lambda _: pages, raising=False)
    assert set(deployment.names_here()) == {"docs"}


def test_a_verdict_that_was_not_delivered_is_found(sound: Desk) -> None:
    sound.machine.refusals = ["AccessDeniedException"]
    job = sound.job()
    sound.deployment.deliver_all()
    sound.machine.earlier(sound.arn, 61)
    (found,) = problems(sound)
    assert "the verdict was not delivered" in found["says"]
    assert found["do"] == f"sfn-callback redrive {job}"


def test_a_wait_that_the_ledger_does_not_know_is_found(sound: Desk) -> None:
    sound.job()
    item = {"pk": {"S": sound.deployment.job["fanin"]}}
    boto3.client("dynamodb").update_item(TableName=TABLE, Key=item, UpdateExpression="REMOVE tokens")
    sound.machine.earlier(sound.arn, LONG)
    (found,) = problems(sound)
    assert "the ledger has no token" in found["says"]


def test_an_approval_that_waits_beyond_its_deadline_is_found(sound: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sound.approval(TOKEN)
    later = sound.machine.now.timestamp() + 3_600 + 660
    monkeypatch.setattr("time.time", lambda: later)
    (found,) = problems(sound)
    assert found["what"] == "approvals"


def test_recent_failures_are_a_warning(sound: Desk) -> None:
    arn = sound.machine.begin(sound.machine.machines[0], "bad", {})
    sound.machine.end(arn, "FAILED", error="Gone")
    (found,) = [finding for finding in sound.json("doctor") if finding["level"] == "warning"]
    assert "sfn-callback show bad" in found["do"]


def tell_eventbridge(monkeypatch: pytest.MonkeyPatch) -> None:
    # moto does not say it back. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
    s3 = clients.s3()
    monkeypatch.setattr(s3, "get_bucket_notification_configuration", lambda **_: {"EventBridgeConfiguration": {}})
    monkeypatch.setattr(clients, "s3", lambda: s3)


@pytest.fixture
def bridged(sound: Desk) -> Desk:
    """A deployment in a bucket of the caller's: rules tell it what is new."""
    for handler in ("start", "process"):
        (event,) = sound.manifest(handler)["events"]
        sound.say(handler, {"events": [{**event, "service": "events.amazonaws.com", "rule": f"docs-{handler}"}]})
        boto3.client("events").put_rule(Name=f"docs-{handler}", EventPattern="{}")
    let_in("events.amazonaws.com")
    sound.functions.add_permission(
        FunctionName="docs-process",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    return sound


def test_a_bucket_that_tells_eventbridge_is_in_order(bridged: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tell_eventbridge(monkeypatch)
    assert problems(bridged) == []


def test_a_bucket_of_the_callers_that_does_not_tell_eventbridge_is_found(bridged: Desk) -> None:
    assert [finding["says"] for finding in problems(bridged)] == [
        f"{BUCKET} does not notify EventBridge of new objects under {prefix}" for prefix in ("chunks/", "documents/")
    ]


def test_a_rule_of_a_bucket_that_is_gone_is_found(bridged: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tell_eventbridge(monkeypatch)
    boto3.client("events").delete_rule(Name="docs-process")
    (found,) = problems(bridged)
    assert found["says"] == "nothing reaches docs-process: the rule docs-process does not exist"


def test_a_bucket_of_the_modules_tells_others_by_eventbridge_and_the_functions_itself(
    sound: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_eventbridge(monkeypatch)
    assert {finding["what"] for finding in problems(sound)} == {"notification"}


ATTIC = "arn:aws:sqs:eu-central-1:000000000000:docs-attic"
# What Terraform may come to say of a function, and what doctor finds where it is not so: none of it is named in Python.
SAID: dict[str, tuple[str, dict[str, Any], str]] = {
    "dead letters": ("process", {"dead_letters": ["docs-attic"]}, "the queue docs-attic does not exist"),
    "destination": ("merge", {"on_failure": "docs-attic"}, "events that docs-merge gives up go to nobody"),
    "queue": ("merge", {"queues": ["docs-attic"]}, "docs-merge does not read docs-attic"),
    "sender": ("merge", {"events": [{"service": "a", "to": "docs-attic"}]}, "the queue docs-attic does not exist"),
    "topic": ("merge", {"events": [{"service": "sns.amazonaws.com", "to": "docs-merge"}]}, "sns.amazonaws.com may not"),
    "grant": ("merge", {"may": [[["sqs:SendMessage"], [ATTIC]]]}, f"docs-merge may not sqs:SendMessage on {ATTIC}"),
    "handler": ("process", {"handlers": {"documents": [*HANDLERS, "archive"]}}, "docs-archive does not exist"),
}


@pytest.mark.parametrize("said", SAID)
def test_what_only_the_manifest_names_is_looked_at(sound: Desk, said: str) -> None:
    handler, manifest, says = SAID[said]
    sound.say("start", {"may": []})
    sound.say("chunk_failed", {"may": []})
    sound.iam.denied = {"sqs:SendMessage"}
    sound.say(handler, manifest)
    (found,) = problems(sound)
    assert found["says"].startswith(says)


def test_iam_is_told_what_the_conditions_of_a_role_compare(sound: Desk) -> None:
    assert problems(sound) == []
    (redrives,) = [one for one in sound.iam.asked if one["ResourceArns"][0].endswith(":docs-process:live")]
    assert redrives["ContextEntries"] == [
        {"ContextKeyName": "aws:ResourceAccount", "ContextKeyType": "string", "ContextKeyValues": [ACCOUNT]},
        {"ContextKeyName": "dynamodb:LeadingKeys", "ContextKeyType": "stringList", "ContextKeyValues": ["20x"]},
        {"ContextKeyName": "s3:prefix", "ContextKeyType": "string", "ContextKeyValues": ["results/x"]},
    ]


def test_a_function_that_is_gone_is_found(sound: Desk) -> None:
    sound.functions.delete_function(FunctionName="docs-merge")
    (found,) = problems(sound)
    assert found["says"] == "docs-merge does not exist"


def test_a_deployment_from_before_the_manifests_is_to_be_applied_again(sound: Desk) -> None:
    for handler in HANDLERS:
        sound.say(handler, None)
    (found,) = problems(sound)
    assert (found["what"], "docs-process" in found["says"]) == ("manifest", True)
    assert found["do"].startswith("terraform apply")


def test_a_function_that_was_not_applied_with_the_others_is_found(sound: Desk) -> None:
    sound.say("merge", None)
    (found,) = problems(sound)
    assert found["says"].startswith("docs-merge did not list what")
