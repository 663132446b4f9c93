"""What the roles are allowed, and who may take them: read from a plan of everything that the module can make."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sfn_callback import ids
from sfn_callback.approvals import store
from tests.e2e.support.grants import TABLE
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
# key, nor has a network, nor knows machines as resources of what resumes them.
COMMON = {
    "JoinNetwork": "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    "SendTraces": "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html",
    "UseKey": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    "UseMachinesKey": "https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",
    "UsePartsKey": "https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html",
}
DURABLE = {
    "AnswerDurableFunctions": "https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html",
    "ReadDurable": "https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html",
}
SWITCHED_OFF = COMMON | DURABLE
# Parts of ARNs that are only known when there is something to name, and who names it.
OPEN_ENDS = {
    r"arn:aws:s3:::[a-z0-9-]+/(documents|durable|chunks|results|parts|merged|failures|outputs)/\*": "an object's key",
    r"arn:aws:s3:::theirs/out/\*": "the key of a result that lies where a report says",
    r"arn:aws:logs:[a-z0-9-]+:\d+:log-group:/aws/lambda/[a-z-]+:\*": "Lambda names its log streams",
    r"arn:aws:lambda:[a-z0-9-]+:\d+:function:theirs:\*": "Lambda names the executions of a function's versions",
    r"arn:aws:states:[a-z0-9-]+:\d+:execution:[a-z-]+:\*": "Step Functions names executions",
    r"arn:aws:states:[a-z0-9-]+:\d+:execution:[a-z-]+:part_\*": "the executions of a document's parts",
}


def granted(plan: Document) -> Iterator[tuple[str, Document]]:
    """Every policy that the module gives to a role, its own or a caller's."""
    yield from documents(plan, "aws_iam_role_policy").items()
    outputs = {name: change.get("after") for name, change in plan["output_changes"].items()}
    yield from ((name, json.loads(outputs[name])) for name in ("worker_policy", "reporter_policy"))
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
    tasks = [state for state in states if state["Type"] == "Task"]
    items = [item for state in states if state["Type"] == "Map" for item in state["ItemProcessor"]["States"].values()]
    return {permission for state in [*tasks, *items] for permission in _needs(state)}


def runs_maps(machine: str) -> set[Permission]:
    """What a Distributed Map asks for: https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html"""
    executions = machine.replace(":stateMachine:", ":execution:")
    follow = {Permission(f"states:{action}Execution", f"{executions}:*") for action in ("Describe", "Stop")}
    return {Permission("states:StartExecution", machine), *follow}


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
    common = (of_statement(document, sid) for sid in ("WriteLogs", "DeliverLogs", *COMMON))
    return set(allowed(document)).difference(*common)


def test_the_machine_of_parts_may_run_them_besides(plan: Document) -> None:
    policy = documents(plan, "aws_iam_role_policy")['machines["parts"]']
    definition = json.loads(machines(plan)["parts"]["definition"])
    runs = runs_maps(f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:docs-parts")
    assert without_what_every_role_has(policy) == needs(list(definition["States"].values())) | runs


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
    documents_machine = f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:docs-documents"
    before_parts = {*_nesting(documents_machine)} if workflow == "documents" else set()
    assert without_what_every_role_has(policy) == needs([state]) | before_parts


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
    for handler, names in CONSUMED.items():
        queues[handler] = {mapped[f'this["{name}"]']["event_source_arn"] for name in names}
    assert len(mapped) == 5
    for handler, policy in of_functions(plan).items():
        consumed = {one for sid in CONSUMING for one in of_statement(policy, f"Consume{sid}")}
        assert consumed == {Permission(action, arn) for action in actions for arn in queues.get(handler, ())}, handler


CONSUMING = ("Starts", "Reports", "Tasks", "DeadLetters")
CONSUMED = {
    "start": ["starts"],
    "report": ["reports"],
    "queue_worker": ["tasks"],
    "dead_letter": ["tasks_dead", "notifications_dead"],
}


def of_functions(plan: Document) -> dict[str, Document]:
    found = documents(plan, "aws_iam_role_policy")
    return {name.split('"')[1]: document for name, document in found.items() if name.startswith("functions")}


# Whose tokens a function answers: those of its own workflows.
ANSWERED = {
    **{handler: {"documents"} for handler in ("process", "report", "chunk_failed", "await_chunks")},
    "direct_worker": {"direct"},
    "queue_worker": {"queue"},
    **{handler: {"topic"} for handler in ("topic_worker", "task_lost")},
    "dead_letter": {"queue", "topic"},
    **{handler: {"approval"} for handler in ("ask", "page")},
    "sweep": {"documents", "approval"},
}


def answers(policy: Document) -> set[str]:
    """The machines whose tokens a policy allows to answer."""
    answering = ("states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat")
    found = [one for one in allowed(policy) if one.action in answering]
    # Each of its statements says the same.
    assert len({frozenset(other.resource for other in found if other.action == one.action) for one in found}) <= 1
    return {one.resource.rpartition(":")[2] for one in found}


def test_a_function_answers_tokens_of_its_own_workflows_only(plan: Document) -> None:
    for handler, policy in of_functions(plan).items():
        ours = {f"docs-{workflow}" for workflow in ANSWERED.get(handler, ())}
        # A machine of the caller's, of resume_resources: it cannot wait under a token of the workflow documents.
        theirs = {"theirs"} if ours - {"docs-documents"} else set()
        assert answers(policy) == ours | theirs, handler
    assert answers(dict(granted(plan))["worker_policy"]) == {"docs-queue", "theirs"}


# What is said to a durable function for what is said to a machine.
SAID = {
    "states:SendTaskSuccess": "lambda:SendDurableExecutionCallbackSuccess",
    "states:SendTaskFailure": "lambda:SendDurableExecutionCallbackFailure",
    "states:SendTaskHeartbeat": "lambda:SendDurableExecutionCallbackHeartbeat",
    "states:ListExecutions": "lambda:GetDurableExecution",
}
# An execution's ARN, as botocore's model of GetDurableExecution has it.
EXECUTION = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:{{}}/durable-execution/order-7/0a1b"


def test_who_answers_machines_answers_durable_functions_in_the_same_words(plan: Document) -> None:
    answering = {**of_functions(plan), "a worker outside Lambda": dict(granted(plan))["worker_policy"]}
    for handler, policy in answering.items():
        machines_too = {one.action for one in allowed(policy)} & set(SAID)
        # The parts of a document are executions of the module's own machine.
        machines_too -= set() if "states:SendTaskFailure" in machines_too else {"states:ListExecutions"}
        for said, action in SAID.items():
            expected = "Allow" if said in machines_too else "ImplicitDeny"
            for version in ("$LATEST", "7"):
                assert decide(policy, action, EXECUTION.format(f"theirs:{version}")) == expected, f"{handler} {action}"
            for other in ("theirs-2:7", "another:7"):
                assert decide(policy, action, EXECUTION.format(other)) == "ImplicitDeny", f"{handler} {action}"


def test_a_durable_function_may_invoke_what_it_is_told_and_no_more(plan: Document) -> None:
    durable = plan["output_changes"]["durable"]["after"]
    told = json.loads(durable["environment"]["SFN_CALLBACK_DURABLE"])
    invoked = {Permission("lambda:InvokeFunction", one) for one in told.values() if str(one).startswith("arn:")}
    assert set(allowed(json.loads(durable["policy"]))) == invoked
    aliases = {
        f"{one['function_name']}:{one['name']}".removeprefix("docs-")
        for one in resources(plan, "aws_lambda_alias").values()
    }
    assert {one.resource.partition(":function:docs-")[2] for one in invoked} <= aliases
    of_machines = {"split", "await_chunks", "redrive", "merge", "record_failure", "ask", "direct_worker"}
    assert {name for name, one in told.items() if str(one).startswith("arn:")} == of_machines


# What begins the keys of the ledger's items, by those who reach them: ids.py and approvals.py say how they are made.
ITEMS = {
    **{
        handler: {"fan-in"}
        for handler in ("cut", "split", "process", "chunk_failed", "await_chunks", "redrive", "record_failure")
    },
    "report": {"fan-in"},
    "ask": {"approval", "wait"},
    "page": {"approval"},
    "sweep": {"fan-in", "approval", "wait", "secret"},
}
# Who makes and reads chunk tokens is given what signs them by the update that makes it.
SIGNING = {"process", "report"}
KEYS = {
    "fan-in": f"{ids.new_job()}.1-01234567#3",
    "approval": f"{store.PREFIX}0123abcd",
    "wait": f"{store.WAITS}0123abcd",
    "secret": "chunk-tokens",
}
TABLE_ARN = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/docs-ledger"


def test_a_function_reaches_the_items_of_its_own_workflows_only(plan: Document) -> None:
    for handler, policy in of_functions(plan).items():
        for action in {one.action for one in allowed(policy) if one.action.startswith("dynamodb:")} - {"dynamodb:Scan"}:
            reached = {name for name, key in KEYS.items() if reaches(policy, action, key)}
            signs = {"secret"} if handler in SIGNING and action == "dynamodb:UpdateItem" else set()
            assert reached == ITEMS.get(handler, set()) | signs, f"{handler} {action}"
    assert {handler for handler, policy in of_functions(plan).items() if "dynamodb:" in str(policy)} == set(ITEMS)


def reaches(policy: Document, action: str, key: str) -> bool:
    return decide(policy, action, TABLE_ARN, dynamodb_LeadingKeys=key) == "Allow"


def test_a_reporter_reports_and_reads_neither_the_ledger_nor_a_token(plan: Document) -> None:
    policy = dict(granted(plan))["reporter_policy"]
    arns = {service: f"arn:aws:{service}:eu-central-1:{ACCOUNT}:docs-reports" for service in ("sqs", "sns")}
    function = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:docs-report:live"
    reports = {("sqs:SendMessage", arns["sqs"]), ("sns:Publish", arns["sns"]), ("lambda:InvokeFunction", function)}
    assert without_what_every_role_has(policy) == reports
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
    through = {one for one in SERVICES if decide(policy, "kms:Decrypt", key, kms_ViaService=via(one)) == "Allow"}
    assert through == {"sqs", "sns"}


def test_objects_are_those_of_the_accounts_own_bucket(plan: Document) -> None:
    for handler, policy in of_functions(plan).items():
        for statement in policy["Statement"]:
            if statement["Effect"] == "Allow" and statement["Action"][0].startswith("s3:"):
                assert statement["Condition"]["StringEquals"] == {"aws:ResourceAccount": ACCOUNT}, handler


SERVICES = ("dynamodb", "lambda", "s3", "secretsmanager", "sns", "sqs", "states")


def via(service: str) -> str:
    return f"{service}.eu-central-1.amazonaws.com"


def test_a_key_is_used_through_the_services_that_ask_for_it(plan: Document) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
    for handler, policy in of_functions(plan).items():
        for service in SERVICES:
            assert decide(policy, "kms:Decrypt", key, kms_ViaService=via(service)) == "Allow", handler
        assert decide(policy, "kms:Decrypt", key, kms_ViaService=via("ec2")) == "ImplicitDeny"
        assert decide(policy, "kms:Decrypt", key) == "ImplicitDeny"


def test_a_machine_uses_the_key_for_itself_and_through_what_it_sends_to(plan: Document) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
    sends = {"queue": "sqs", "topic": "sns"}
    for workflow in machines(plan):
        policy = documents(plan, "aws_iam_role_policy")[f'machines["{workflow}"]']
        arn = f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:docs-{workflow}"
        own = {"kms_EncryptionContext:aws:states:stateMachineArn": arn}
        another = dict.fromkeys(own, f"{arn}-2")
        assert decide(policy, "kms:GenerateDataKey", key, **own) == "Allow"
        assert decide(policy, "kms:GenerateDataKey", key, **another) == "ImplicitDeny"
        through = [
            one for one in ("sqs", "sns") if decide(policy, "kms:Decrypt", key, kms_ViaService=via(one)) == "Allow"
        ]
        assert through == [sends[name] for name in sends if name == workflow]


def test_the_machine_of_parts_uses_the_key_of_the_executions_that_it_starts_and_follows(plan: Document) -> None:
    # Whoever starts, describes or stops an execution uses its machine's key:
    # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
    policy = documents(plan, "aws_iam_role_policy")['machines["parts"]']
    arn = f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:docs-documents"
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        theirs = {"kms_EncryptionContext:aws:states:stateMachineArn": arn}
        assert decide(policy, action, key, **theirs) == "Allow"


def test_no_policy_is_longer_than_a_role_takes(plan: Document) -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    for name, policy in granted(plan):
        assert len(json.dumps(policy, separators=(",", ":"))) < 10_240, name


def test_a_machines_role_is_for_that_machine_only(plan: Document) -> None:
    trusts = documents(plan, "aws_iam_role", "assume_role_policy")
    for workflow in machines(plan):
        (statement,) = trusts[f'machines["{workflow}"]']["Statement"]
        assert (statement["Principal"], statement["Action"]) == ({"Service": "states.amazonaws.com"}, "sts:AssumeRole")
        arn = f"arn:aws:states:eu-central-1:{ACCOUNT}:stateMachine:docs-{workflow}"
        # A Map state has an ARN below its machine's.
        source = [arn, f"{arn}/*"] if workflow == "parts" else arn
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnEquals": {"aws:SourceArn": source},
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
