"""What doctor looks at: is a deployment as the module makes it, and does anything wait for a person?"""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import clients
from sfn_callback_operator import connection
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.findings import PROBLEM, WARNING, Check, Finding, good, missing

_APPLY = "terraform apply the module again, and see in the plan who changed it."
_PREFIXES = {"start": "documents/", "process": "chunks/"}
_DESTINATIONS = {"start": "undelivered", "process": "chunk-failed", "chunk_failed": "undelivered"}
_QUEUES = {
    "documents": ("undelivered",),
    "queue": ("undelivered", "tasks-dead"),
    "topic": ("undelivered", "notifications-dead"),
}


def functions(deployment: Deployment) -> Iterator[Finding]:
    """Are all functions there, usable, of one package, and allowed to run?"""
    ours = list(_functions(deployment))
    packages = {one["CodeSha256"] for one in ours}
    if len(packages) > 1:
        says = f"{len(ours)} functions have {len(packages)} different packages: a deploy ended halfway"
        yield Finding(PROBLEM, "versions", says, _APPLY)
    for one in ours:
        yield from _function(one)
    if len(packages) == 1:
        yield good("versions", f"{len(ours)} functions of one package, {ours[0]['Runtime']}")


def notification(deployment: Deployment) -> Iterator[Finding]:
    """Does the bucket tell the functions of new objects?"""
    if "documents" not in deployment.machines:
        return
    bucket = deployment.settings.bucket
    told = clients.s3().get_bucket_notification_configuration(Bucket=bucket)
    if "EventBridgeConfiguration" in told:
        yield good("notification", f"{bucket} tells EventBridge")
        return
    configured = list(map(_told, told.get("LambdaFunctionConfigurations", [])))
    for handler, prefix in _PREFIXES.items():
        function = deployment.function(handler)
        if (function, prefix) in configured:
            yield good("notification", f"{prefix} → {function}")
        else:
            says = f"{bucket} does not tell {function} of new objects under {prefix}"
            yield Finding(PROBLEM, "notification", says, f"{_APPLY} Then sfn-callback redrive what waits.")


def invocation(deployment: Deployment) -> Iterator[Finding]:
    """May the bucket invoke the functions, and does what fails for good go to where it is reported?"""
    if "documents" not in deployment.machines:
        return
    for handler in _PREFIXES:
        if not _may_be_invoked(deployment.invoked(handler)):
            says = f"S3 may not invoke {deployment.function(handler)}: its events are lost"
            yield Finding(PROBLEM, "permissions", says, _APPLY)
    for handler, destination in _DESTINATIONS.items():
        yield _destination(deployment.invoked(handler), deployment.queue(destination))


def queues(deployment: Deployment) -> Iterator[Finding]:
    """Are the queues empty in which ends what nobody could handle?"""
    names = {name for workflow in deployment.machines for name in _QUEUES.get(workflow, ())}
    for name in sorted(names):
        queue = deployment.queue(name)
        waiting = _messages(queue)
        if waiting is None:
            yield Finding(PROBLEM, "dead letters", f"the queue {queue} is not there", _APPLY)
        elif waiting:
            url = f"$(aws sqs get-queue-url --queue-name {queue} --query QueueUrl --output text)"
            do = f"aws sqs receive-message --queue-url {url} shows them; they are kept for 14 days."
            yield Finding(PROBLEM, "dead letters", f"{waiting} wait in {queue}", do)
        else:
            yield good("dead letters", f"{queue} is empty")


def table(deployment: Deployment) -> Iterator[Finding]:
    """Is the ledger there, and does it forget what is old?"""
    if not {"documents", "approval"} & set(deployment.machines):
        return
    name = deployment.settings.table
    status = clients.dynamodb().describe_table(TableName=name)["Table"]["TableStatus"]
    forgets = clients.dynamodb().describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if status != "ACTIVE":
        yield Finding(PROBLEM, "ledger", f"{name} is {status}", "Wait, or see who is changing it.")
    elif forgets.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        yield Finding(WARNING, "ledger", f"{name} keeps everything for ever: its TTL is off", _APPLY)
    else:
        yield good("ledger", f"{name} is {status}")


def subscribers(deployment: Deployment) -> Iterator[Finding]:
    """Does anybody hear of approvals?"""
    if "approval" not in deployment.machines:
        return
    topic = deployment.settings.approvals_topic
    pages = clients.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    arns = [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]]
    confirmed = [arn for arn in arns if arn.startswith("arn:")]
    if not confirmed:
        why = f"{len(arns)} subscriptions are not confirmed" if arns else "none is subscribed"
        do = "Confirm the mail that SNS sent, or subscribe somebody to the approvals' topic."
        yield Finding(PROBLEM, "subscribers", f"nobody hears of approvals: {why}", do)
    else:
        yield good("subscribers", f"{len(confirmed)} hear of approvals")


def consumers(deployment: Deployment) -> Iterator[Finding]:
    """Are the queues being read?"""
    if not {"queue", "topic"} & set(deployment.machines):
        return
    for handler in ("queue_worker", "dead_letter"):
        function = deployment.invoked(handler)
        for mapping in clients.functions().list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
            if mapping["State"] not in ("Enabled", "Enabling", "Creating"):
                says = f"{function} does not read its queue: the event source mapping is {mapping['State']}"
                do = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
                yield Finding(PROBLEM, "consumers", says, do)


def sweeper(deployment: Deployment) -> Iterator[Finding]:
    """Is the sweeper, where there is one, invoked?"""
    function = deployment.function("sweep")
    if not _is_there(function):
        return
    # The rule has the function's name: sweep.tf.
    try:
        rule = connection.client("events").describe_rule(Name=function)
    except ClientError as problem:
        if not missing(problem):
            raise
        yield Finding(PROBLEM, "sweeper", f"nothing is swept: the rule {function} is not there", _APPLY)
        return
    if rule["State"] == "DISABLED":
        says = f"nothing is swept: the rule {function} is disabled"
        yield Finding(PROBLEM, "sweeper", says, f"aws events enable-rule --name {function}")
    else:
        yield good("sweeper", f"{function} is invoked at {rule['ScheduleExpression']}")


def _functions(deployment: Deployment) -> Iterator[Any]:
    for page in clients.functions().get_paginator("list_functions").paginate():
        for one in page["Functions"]:
            if handler := _handler(one, deployment):
                yield clients.functions().get_function_configuration(FunctionName=deployment.invoked(handler))


def _handler(one: Any, deployment: Deployment) -> str | None:
    handler: str = one.get("Handler", "").removeprefix("sfn_callback.handlers.").removesuffix(".handler")
    return handler if one["FunctionName"] == deployment.function(handler) else None


def _function(one: Any) -> Iterator[Finding]:
    name = one["FunctionName"]
    if "Failed" in (one.get("State"), one.get("LastUpdateStatus")):
        says = f"{name} is {one.get('State')}: {one.get('StateReason') or one.get('LastUpdateStatusReason')}"
        yield Finding(PROBLEM, "functions", says, _APPLY)
    elif one.get("State") == "Pending" or one.get("LastUpdateStatus") == "InProgress":
        do = "Somebody is deploying: look again in a minute."
        yield Finding(WARNING, "functions", f"{name} is being made or changed", do)
    reserved = clients.functions().get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    if reserved == 0:
        says = f"{name} may not run: its reserved concurrency is 0"
        yield Finding(
            PROBLEM, "functions", says, f"aws lambda delete-function-concurrency --function-name {name}, or {_APPLY}"
        )


def _is_there(function: str) -> bool:
    try:
        clients.functions().get_function_configuration(FunctionName=function)
    except ClientError as problem:
        if missing(problem):
            return False
        raise
    return True


def _told(configuration: Any) -> tuple[str, str]:
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    prefix = next((rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"), "")
    return configuration["LambdaFunctionArn"].partition(":function:")[2].partition(":")[0], prefix


def _may_be_invoked(function: str) -> bool:
    try:
        policy = json.loads(clients.functions().get_policy(FunctionName=function)["Policy"])
    except ClientError as problem:
        if missing(problem):
            return False
        raise
    principals = " ".join(str(statement.get("Principal")) for statement in policy["Statement"])
    return "s3.amazonaws.com" in principals or "events.amazonaws.com" in principals


def _destination(function: str, expected: str) -> Finding:
    try:
        configured = clients.functions().get_function_event_invoke_config(FunctionName=function)
    except ClientError as problem:
        if not missing(problem):
            raise
        configured = {}  # type: ignore[typeddict-item]
    arn = configured.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    if expected in arn.split(":"):
        return good("destinations", f"{function} → {expected}")
    says = f"what {function} fails at for good goes to {arn or 'nobody'}, not to {expected}: it is lost"
    return Finding(PROBLEM, "destinations", says, _APPLY)


def _messages(queue: str) -> int | None:
    sqs = connection.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    except ClientError as problem:
        if missing(problem) or "NonExistentQueue" in problem.response["Error"]["Code"]:
            return None
        raise
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(said.get(name, 0)) for name in names)


CHECKS: tuple[Check, ...] = (functions, notification, invocation, consumers, queues, table, subscribers, sweeper)
