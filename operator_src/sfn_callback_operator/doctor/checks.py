"""The doctor's checks: is a deployment as the module creates it, and does anything wait for a person?"""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from sfn_callback.aws import clients
from sfn_callback_operator import aws
from sfn_callback_operator.actions import subscribers as approvers
from sfn_callback_operator.deployment import Deployment, Event
from sfn_callback_operator.doctor.findings import PROBLEM, WARNING, Check, Finding, good
from sfn_callback_operator.errors import unless_absent

_APPLY = "terraform apply the module again, and see in the plan who changed it."
_COUNTED = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def manifest(deployment: Deployment) -> Iterator[Finding]:
    """Do the functions list what they should have, so that it can be checked?"""
    silent = [deployment.function(one) for one in deployment.functions if one not in deployment.manifests]
    if silent:
        which = ", ".join(silent)
        says = f"{which} did not list what they need when the module was last applied: nothing of it was checked"
        yield Finding(PROBLEM, "manifest", says, "terraform apply the module in the version of this command.")


def functions(deployment: Deployment) -> Iterator[Finding]:
    """Do all functions exist, are they usable, from one package, and allowed to run?"""
    for handler in deployment.handlers():
        if handler not in deployment.functions:
            yield Finding(PROBLEM, "functions", f"{deployment.function(handler)} does not exist", _APPLY)
    named = map(deployment.invoked, deployment.functions)
    configurations: list[Any] = [clients.functions().get_function_configuration(FunctionName=one) for one in named]
    alike = [one for one in configurations if not _has_its_own_package(one)]
    packages = {one["CodeSha256"] for one in alike}
    if len(packages) > 1:
        says = f"{len(alike)} functions have {len(packages)} different packages: a deployment stopped halfway"
        yield Finding(PROBLEM, "versions", says, _APPLY)
    for one in configurations:
        yield from _function(one)
    if len(packages) == 1:
        yield good("versions", f"{len(alike)} functions of one package, {alike[0]['Runtime']}")


def notification(deployment: Deployment) -> Iterator[Finding]:
    """Does the bucket notify the right queue and function of new documents and chunks?"""
    events = [(handler, one) for handler, one in _events(deployment) if "prefix" in one]
    if not events:
        return
    bucket = deployment.settings.bucket
    rules = clients.s3().get_bucket_notification_configuration(Bucket=bucket)
    configured = [
        *(_told(one, one["LambdaFunctionArn"].split(":")[6]) for one in rules.get("LambdaFunctionConfigurations", [])),
        *(_told(one, one["QueueArn"].split(":")[-1]) for one in rules.get("QueueConfigurations", [])),
    ]
    for handler, event in events:
        prefix, who = event["prefix"], "EventBridge" if event.get("rule") else event["to"]
        if "EventBridgeConfiguration" in rules if event.get("rule") else (who, prefix) in configured:
            yield good("notification", f"{prefix} → {who}")
        else:
            direct = event["to"] == deployment.function(handler)
            then = "sfn-callback redrive what waits." if direct else "upload again what was uploaded meanwhile."
            says = f"{bucket} does not notify {who} of new objects under {prefix}"
            yield Finding(PROBLEM, "notification", says, f"{_APPLY} Then {then}")


def invocation(deployment: Deployment) -> Iterator[Finding]:
    """May the event sources send and invoke, and do events that are given up go to where they are reported?"""
    for handler, event in _events(deployment):
        if event["to"] != deployment.function(handler):
            yield from _sending(event)
        elif not _may_invoke(event["service"], deployment.invoked(handler)):
            says = f"{event['service']} may not invoke {event['to']}: its events are lost"
            yield Finding(PROBLEM, "permissions", says, _APPLY)
    for handler, manifest in deployment.manifests.items():
        if manifest["on_failure"]:
            yield _destination(deployment.invoked(handler), manifest["on_failure"])


def queues(deployment: Deployment) -> Iterator[Finding]:
    """Are the queues empty that keep what no function could handle?"""
    consumers = {queue: handler for handler, one in deployment.manifests.items() for queue in one["queues"]}
    for queue in deployment.manifest["dead_letters"] if deployment.manifest else ():
        attributes = _attributes(queue)
        if attributes is None:
            yield Finding(PROBLEM, "dead letters", f"the queue {queue} does not exist", _APPLY)
        elif waiting := _count(attributes):
            do = "sfn-callback undelivered shows them; they are kept for 14 days."
            if queue in consumers:
                log = deployment.function(consumers[queue])
                do = f"They fail the states that wait for them: see the log of {log}."
            yield Finding(PROBLEM, "dead letters", f"{waiting} wait in {queue}", do)
        else:
            yield good("dead letters", f"{queue} is empty")


def _events(deployment: Deployment) -> Iterator[tuple[str, Event]]:
    return ((handler, event) for handler, one in deployment.manifests.items() for event in one["events"])


def _sending(event: Event) -> Iterator[Finding]:
    queue = event["to"]
    attributes = _attributes(queue)
    if attributes is None:
        yield Finding(PROBLEM, "documents", f"the queue {queue} does not exist: nothing starts", _APPLY)
    elif not _lets_in(event["service"], attributes.get("Policy", "{}")):
        says = f"{event['service']} may not send to {queue}: its events are lost"
        yield Finding(PROBLEM, "permissions", says, _APPLY)
    else:
        yield good("documents", f"{_count(attributes)} in {queue} wait to be started")


def table(deployment: Deployment) -> Iterator[Finding]:
    """Does the ledger exist, and do its old items expire?"""
    if not {"documents", "approval"} & set(deployment.machines):
        return
    name = deployment.settings.table
    status = clients.dynamodb().describe_table(TableName=name)["Table"]["TableStatus"]
    forgets = clients.dynamodb().describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if status != "ACTIVE":
        yield Finding(PROBLEM, "ledger", f"{name} is {status}", "Wait, or see who is changing it.")
    elif forgets.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        yield Finding(WARNING, "ledger", f"{name} keeps everything forever: its TTL is off", _APPLY)
    else:
        yield good("ledger", f"{name} is {status}")


def subscribers(deployment: Deployment) -> Iterator[Finding]:
    """Is anybody told of approvals?"""
    if "approval" not in deployment.machines:
        return
    there = approvers.listed(deployment.settings.approvals_topic)
    confirmed = [subscriber for subscriber in there if subscriber.state == "confirmed"]
    gone, forgotten = approvers.unheard(deployment.settings.approvers, there)
    for subscriber in gone:
        why = "has not confirmed" if subscriber.state == "pending" else "was unsubscribed"
        says = f"{subscriber.endpoint} of approval.emails {why}, so it is not told of approvals"
        yield Finding(PROBLEM, "subscribers", says, f"sfn-callback subscribe {subscriber.endpoint}")
    if forgotten:
        says = f"{forgotten} of the {len(deployment.settings.approvers)} approval.emails are not subscribed any more"
        do = "terraform plan names them; terraform apply, or sfn-callback subscribe EMAIL, asks them again."
        yield Finding(PROBLEM, "subscribers", says, do)
    if not confirmed and not gone and not forgotten:
        why = f"{len(there)} subscriptions are not confirmed" if there else "none is subscribed"
        says = f"nobody is told of approvals: {why}"
        yield Finding(PROBLEM, "subscribers", says, "sfn-callback subscribe EMAIL asks somebody.")
    if confirmed:
        yield good("subscribers", f"{len(confirmed)} are told of approvals")


def unsubscribing(deployment: Deployment) -> Iterator[Finding]:
    """Can a mail scanner, which follows links, unsubscribe the people who are told of approvals?"""
    if "approval" not in deployment.machines:
        return
    there = approvers.listed(deployment.settings.approvals_topic)
    for subscriber in there:
        if subscriber.protocol == "email" and subscriber.state == "confirmed" and not approvers.is_locked(subscriber):
            says = "is unsubscribed by whatever follows the last link of its mails, such as a scanner"
            address = subscriber.endpoint
            yield Finding(WARNING, "unsubscribing", f"{address} {says}", f"sfn-callback subscribe {address}")


def consumers(deployment: Deployment) -> Iterator[Finding]:
    """Are the queues read?"""
    for handler, queue in [(handler, one) for handler, row in deployment.manifests.items() for one in row["queues"]]:
        function = deployment.invoked(handler)
        every = clients.functions().list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        mappings = [one for one in every if one["EventSourceArn"].endswith(f":{queue}")]
        if not mappings:
            says = f"{function} does not read {queue}: it has no event source mapping"
            yield Finding(PROBLEM, "consumers", says, _APPLY)
        for mapping in mappings:
            if mapping["State"] not in ("Enabled", "Enabling", "Creating"):
                says = f"{function} does not read {queue}: the event source mapping is {mapping['State']}"
                do = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
                yield Finding(PROBLEM, "consumers", says, do)


def rules(deployment: Deployment) -> Iterator[Finding]:
    """Do the rules exist, and are they enabled, that notify functions of new objects or invoke them on a schedule?"""
    for rule, to in [(rule, event["to"]) for _, event in _events(deployment) if (rule := event.get("rule"))]:
        described = unless_absent(partial(aws.client("events").describe_rule, Name=rule))
        if described is None:
            yield Finding(PROBLEM, "rules", f"nothing reaches {to}: the rule {rule} does not exist", _APPLY)
        elif described["State"] == "DISABLED":
            do = f"aws events enable-rule --name {rule}"
            yield Finding(PROBLEM, "rules", f"nothing reaches {to}: the rule {rule} is disabled", do)
        else:
            yield good("rules", f"{rule} → {to}")


def _has_its_own_package(one: Any) -> bool:
    variables = one.get("Environment", {}).get("Variables", {})
    return bool(one.get("PackageType") == "Image" or variables.get("SFN_CALLBACK_PACKAGE") == "own")


def _function(function: Any) -> Iterator[Finding]:
    name = function["FunctionName"]
    if "Failed" in (function.get("State"), function.get("LastUpdateStatus")):
        why = function.get("StateReason") or function.get("LastUpdateStatusReason")
        says = f"{name} is {function.get('State')}: {why}"
        yield Finding(PROBLEM, "functions", says, _APPLY)
    elif function.get("State") == "Pending" or function.get("LastUpdateStatus") == "InProgress":
        do = "Somebody is deploying: check again in a minute."
        yield Finding(WARNING, "functions", f"{name} is being created or changed", do)
    reserved = clients.functions().get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    if reserved == 0:
        do = f"aws lambda delete-function-concurrency --function-name {name}, or {_APPLY}"
        yield Finding(PROBLEM, "functions", f"{name} may not run: its reserved concurrency is 0", do)


def _told(configuration: Any, who: str) -> tuple[str, str]:
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    prefix = next((rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"), "")
    return who, prefix


def _may_invoke(service: str, function: str) -> bool:
    told = unless_absent(lambda: clients.functions().get_policy(FunctionName=function))
    return told is not None and _lets_in(service, told["Policy"])


def _lets_in(service: str, policy: str) -> bool:
    return any(service in str(statement.get("Principal")) for statement in json.loads(policy).get("Statement", []))


def _destination(function: str, expected: str) -> Finding:
    ask = clients.functions().get_function_event_invoke_config
    configured: Any = unless_absent(partial(ask, FunctionName=function))
    arn = (configured or {}).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    if expected in arn.split(":"):
        return good("destinations", f"{function} → {expected}")
    says = f"events that {function} gives up go to {arn or 'nobody'}, not to {expected}: they are lost"
    return Finding(PROBLEM, "destinations", says, _APPLY)


def _count(said: Mapping[str, str]) -> int:
    return sum(int(said.get(name, 0)) for name in _COUNTED)


def _attributes(queue: str) -> Mapping[str, str] | None:
    sqs = aws.client("sqs")
    found = unless_absent(lambda: sqs.get_queue_url(QueueName=queue))
    # An attribute that is not set, such as a policy, is left out.
    names = [*_COUNTED, "Policy"]
    return sqs.get_queue_attributes(QueueUrl=found["QueueUrl"], AttributeNames=names)["Attributes"] if found else None


CHECKS: tuple[Check, ...] = (
    manifest,
    functions,
    notification,
    invocation,
    consumers,
    queues,
    table,
    subscribers,
    unsubscribing,
    rules,
)
