"""What the roles are allowed, and who may take them: read from a plan of everything that the module can make."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.grants import TABLE
from tests.module.policies import ACCOUNT, Document, Permission, allowed, decide, documents, of_statement, resources

# Actions whose resource can only be "*", and who says so.
EVERYTHING = {
    **dict.fromkeys(
        ("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html",
    ),
    **dict.fromkeys(
        (
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
        ),
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    ),
    # As the managed policy AWSLambdaVPCAccessExecutionRole has them.
    **dict.fromkeys(
        (
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ),
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    ),
}
# What no role of the tests' stack has: the switches are off, and the local AWS neither sends traces, nor asks for a
# key, nor has a network.
SWITCHED_OFF = {
    "JoinNetwork": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    "SendTraces": "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html",
    "UseKey": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
}
# Parts of ARNs that are only known when there is something to name, and who names it.
OPEN_ENDS = {
    r"arn:aws:s3:::[a-z0-9-]+/(documents|chunks|results|merged|failures|outputs)/\*": "the key of an object",
    r"arn:aws:logs:[a-z0-9-]+:\d+:log-group:/aws/lambda/[a-z-]+:\*": "Lambda names its log streams",
    r"arn:aws:states:[a-z0-9-]+:\d+:execution:[a-z-]+:\*": "Step Functions names executions",
}


def granted(plan: Document) -> Iterator[tuple[str, Document]]:
    """Every policy that the module gives to a role, its own or a caller's."""
    yield from documents(plan, "aws_iam_role_policy").items()
    outputs = {name: change.get("after") for name, change in plan["output_changes"].items()}
    yield "worker_policy", json.loads(outputs["worker_policy"])
    yield from ((f"callback_policies {name}", json.loads(text)) for name, text in outputs["callback_policies"].items())


def wide(plan: Document) -> set[Permission]:
    """Permissions with a wildcard."""
    return {one for _, document in granted(plan) for one in allowed(document) if "*" in one.action + one.resource}


def test_no_permission_has_a_wildcard_where_an_arn_will_do(plan: Document) -> None:
    unexplained = [
        one
        for one in wide(plan)
        if not (one.resource == "*" and one.action in EVERYTHING)
        and not ("*" not in one.action and any(re.fullmatch(pattern, one.resource) for pattern in OPEN_ENDS))
    ]
    assert unexplained == []


def test_every_wildcard_that_is_explained_is_there(plan: Document) -> None:
    found = wide(plan)
    assert {one.action for one in found if one.resource == "*"} == set(EVERYTHING)
    assert all(any(re.fullmatch(pattern, one.resource) for one in found) for pattern in OPEN_ENDS)


def test_every_grant_of_a_function_has_a_scenario_or_is_switched_off_there(plan: Document) -> None:
    for handler, policy in of_functions(plan).items():
        allows = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
        grants = {f"{one['Sid']} {action}" for one in allows for action in one["Action"]}
        tested = {grant for granted in TABLE[handler].values() for grant in granted}
        assert {grant for grant in grants - tested if grant.split()[0] not in SWITCHED_OFF} == set()


def machines(plan: Document) -> dict[str, Document]:
    return {re.sub(r'.*"(.+)".*', r"\1", name): one for name, one in resources(plan, "aws_sfn_state_machine").items()}


def needs(states: list[dict[str, Any]]) -> set[Permission]:
    """What Task states ask of AWS: https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html"""
    return {permission for state in states if state["Type"] == "Task" for permission in _needs(state)}


def _needs(state: dict[str, Any]) -> Iterator[Permission]:
    given = state["Parameters"]
    match state["Resource"].removeprefix("arn:aws:states:::").partition(".")[0]:
        case "lambda:invoke":
            yield Permission("lambda:InvokeFunction", given["FunctionName"])
        case "sqs:sendMessage":
            host, account, queue = given["QueueUrl"].removeprefix("https://").split("/")
            yield Permission("sqs:SendMessage", f"arn:aws:sqs:{host.split('.')[1]}:{account}:{queue}")
        case "sns:publish":
            yield Permission("sns:Publish", given["TopicArn"])
        case "states:startExecution":
            yield from _nesting(given["StateMachineArn"])


def _nesting(machine: str) -> Iterator[Permission]:
    # https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
    yield Permission("states:StartExecution", machine)
    executions = machine.replace(":stateMachine:", ":execution:") + ":*"
    yield from (Permission(action, executions) for action in ("states:DescribeExecution", "states:StopExecution"))
    rule = f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    yield from (Permission(f"events:{action}", rule) for action in ("PutTargets", "PutRule", "DescribeRule"))


def without_what_every_role_has(document: Document) -> set[Permission]:
    """What a policy allows beside logs, traces and the key."""
    common = (of_statement(document, sid) for sid in ("WriteLogs", "DeliverLogs", "SendTraces", "UseKey"))
    return set(allowed(document)).difference(*common)


@pytest.mark.parametrize("workflow", ["documents", "direct", "queue", "topic", "approval"])
def test_a_machine_may_do_exactly_what_its_states_ask_for(plan: Document, workflow: str) -> None:
    policy = documents(plan, "aws_iam_role_policy")[f'machines["{workflow}"]']
    definition = json.loads(machines(plan)[workflow]["definition"])
    assert without_what_every_role_has(policy) == needs(list(definition["States"].values()))


@pytest.mark.parametrize("workflow", ["documents", "direct", "queue", "topic", "approval"])
def test_a_callers_machine_gets_exactly_what_its_state_asks_for(plan: Document, workflow: str) -> None:
    outputs = plan["output_changes"]
    policy = json.loads(outputs["callback_policies"]["after"][workflow])
    state = outputs["callback_states"]["after"][workflow]["jsonpath"]
    assert without_what_every_role_has(policy) == needs([state])


def test_a_function_may_reach_exactly_its_on_failure_destination(plan: Document) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    actions = {"sqs": "sqs:SendMessage", "lambda": "lambda:InvokeFunction"}
    sids = ("ReportUndelivered", "HandOverFailedChunks", "HandOverLostTasks")
    configured = {
        config["function_name"]: config["destination_config"][0]["on_failure"][0]["destination"]
        for config in resources(plan, "aws_lambda_function_event_invoke_config").values()
    }
    for handler, policy in of_functions(plan).items():
        destination = configured.get(f"docs-{handler.replace('_', '-')}")
        expected = {Permission(actions[destination.split(":")[2]], destination)} if destination else set()
        assert {one for sid in sids for one in of_statement(policy, sid)} == expected, handler


def test_a_function_may_consume_exactly_the_queues_that_are_mapped_to_it(plan: Document) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
    actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    mapped = resources(plan, "aws_lambda_event_source_mapping")
    queues: dict[str, set[str]] = {}
    for handler, names in {"queue_worker": ["tasks"], "dead_letter": ["tasks_dead", "notifications_dead"]}.items():
        queues[handler] = {mapped[f'this["{name}"]']["event_source_arn"] for name in names}
    assert len(mapped) == 3
    for handler, policy in of_functions(plan).items():
        consumed = of_statement(policy, "ConsumeTasks") | of_statement(policy, "ConsumeDeadLetters")
        assert consumed == {Permission(action, arn) for action in actions for arn in queues.get(handler, ())}, handler


def of_functions(plan: Document) -> dict[str, Document]:
    found = documents(plan, "aws_iam_role_policy")
    return {name.split('"')[1]: document for name, document in found.items() if name.startswith("functions")}


def test_a_machines_role_is_for_that_machine_only(plan: Document) -> None:
    trusts = documents(plan, "aws_iam_role", "assume_role_policy")
    for workflow in machines(plan):
        (statement,) = trusts[f'machines["{workflow}"]']["Statement"]
        assert (statement["Principal"], statement["Action"]) == ({"Service": "states.amazonaws.com"}, "sts:AssumeRole")
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnEquals": {"aws:SourceArn": f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:docs-{workflow}"},
        }


def test_a_functions_role_is_lambdas_only(plan: Document) -> None:
    trusts = documents(plan, "aws_iam_role", "assume_role_policy")
    for handler in of_functions(plan):
        (statement,) = trusts[f'functions["{handler}"]']["Statement"]
        assert (statement["Principal"], statement["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")


def test_a_functions_code_may_not_touch_the_network_that_lambda_puts_it_into(plan: Document) -> None:
    for handler, policy in of_functions(plan).items():
        ours = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:docs-{handler.replace('_', '-')}"
        for action, resource in of_statement(policy, "JoinNetwork"):
            assert decide(policy, action, resource) == "Allow"
            assert decide(policy, action, resource, lambda_SourceFunctionArn=ours) == "Deny"
            assert decide(policy, action, resource, lambda_SourceFunctionArn=f"{ours}:live") == "Deny"


def test_another_function_under_a_functions_role_may_do_nothing(plan: Document) -> None:
    for handler, policy in of_functions(plan).items():
        ours = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:docs-{handler.replace('_', '-')}"
        one = next(one for one in allowed(policy) if one.resource != "*")
        assert decide(policy, *one, lambda_SourceFunctionArn=ours) == "Allow"
        assert decide(policy, *one, lambda_SourceFunctionArn=f"{ours}:live") == "Allow"
        assert decide(policy, *one, lambda_SourceFunctionArn=f"{ours}-2") == "Deny"
        # What Lambda itself does with the role has no such key.
        assert decide(policy, *one) == "Allow"
