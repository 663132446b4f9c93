"""Durable functions on the local AWS, with AWS's own SDK."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from emulator.aws import REGION, LocalAws
from tests.tooling.machines import Machines, client, package, refusal, until

CODE = """
import os
import sys
from pathlib import Path

from aws_durable_execution_sdk_python import CallbackTimeoutError, InvokeError, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

ANSWER = "one"


def wait(event, context):
    for _ in range(2):
        context.wait(Duration.from_seconds(1))
    return ANSWER


def callback(event, context):
    seconds = Duration.from_seconds(event.get("seconds", 0))
    called = context.create_callback("it", CallbackConfig(timeout=seconds))
    try:
        return [ANSWER, called.result()]
    except CallbackTimeoutError:
        return "late"


def invoke(event, context):
    try:
        return context.invoke(event["function"], {"a": 1})
    except InvokeError as error:
        return [error.error_type, error.message]


def die(event, context):
    there = Path(event["there"])
    context.step(lambda _: there.open("a").write("x"), "note")
    if there.read_text() == "x" and not (there.with_name("dead")).exists() or event.get("always"):
        there.with_name("dead").touch()
        os._exit(1)
    return there.read_text()


def step(event, context):
    there = Path(event["there"])

    def work(_):
        there.open("a").write("x")
        raise ValueError("no")

    tries = create_retry_strategy(RetryStrategyConfig(max_attempts=3, initial_delay=Duration.from_seconds(1)))
    try:
        context.step(work, "work", StepConfig(retry_strategy=tries))
    except Exception:
        return there.read_text()


def fail(event, context):
    raise ValueError("no")


@durable_execution
def handler(event, context):
    return globals()[event["do"]](event, context)
"""
CALLED = """
def handler(event, context):
    if context.invoked_function_arn.endswith(":live"):
        return "called"
    raise LookupError("not there")
"""


class Durable:
    """A durable function, of which version 1 is published."""

    def __init__(self, machines: Machines, iam: Any, *allowed: str) -> None:
        self.functions = machines.functions
        self.role = f"durable-{uuid4().hex}"
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        role = iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        config = {"ExecutionTimeout": 600, "RetentionPeriodInDays": 1}
        self.arn = machines.function(CODE, Role=role, DurableConfig=config)
        own = {"Action": ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]}
        statements = [{**own, "Resource": f"{self.arn}:*"}]
        statements += [{"Action": "lambda:InvokeFunction", "Resource": one} for one in allowed]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
        iam.put_role_policy(RoleName=self.role, PolicyName="own", PolicyDocument=json.dumps(policy))
        self.functions.publish_version(FunctionName=self.arn)

    def invoke(self, do: str, version: str = "1", name: str | None = None, **given: Any) -> Any:
        named = {"DurableExecutionName": name} if name else {}
        payload = json.dumps({"do": do, **given})
        return self.functions.invoke(FunctionName=self.arn, Qualifier=version, Payload=payload, **named)

    def begin(self, do: str, version: str = "1", name: str | None = None, **given: Any) -> str:
        """Begin an execution by an event; return its ARN."""
        named = {"DurableExecutionName": name} if name else {}
        answer = self.functions.invoke(
            FunctionName=self.arn,
            Qualifier=version,
            Payload=json.dumps({"do": do, **given}),
            InvocationType="Event",
            **named,
        )
        assert answer["StatusCode"] == 202
        return str(answer["DurableExecutionArn"])

    def ended(self, execution: str) -> Any:
        """Return how an execution has ended, and with what."""
        seen = until(lambda: one if (one := self.seen(execution))["Status"] != "RUNNING" else None)
        return seen["Status"], json.loads(seen["Result"]) if "Result" in seen else seen["Error"]["ErrorType"]

    def seen(self, execution: str) -> Any:
        return self.functions.get_durable_execution(DurableExecutionArn=execution)

    def callback(self, execution: str) -> str:
        """Return the id that an execution waits under."""
        found: str = until(lambda: next(iter(self.handed_out(execution)), None))
        return found

    def handed_out(self, execution: str) -> list[str]:
        events = self.functions.get_durable_execution_history(DurableExecutionArn=execution)["Events"]
        return [one["CallbackStartedDetails"]["CallbackId"] for one in events if one["EventType"] == "CallbackStarted"]

    def answer(self, callback: str, result: bytes = b'"hello"') -> None:
        self.functions.send_durable_execution_callback_success(CallbackId=callback, Result=result)


@pytest.fixture
def durable(machines: Machines, local_aws: LocalAws) -> Callable[..., Durable]:
    """What makes a durable function that may invoke these others."""
    return lambda *allowed: Durable(machines, client(local_aws, "iam"), *allowed)


def test_what_an_event_began_goes_on_after_each_wait(durable: Callable[..., Durable]) -> None:
    function = durable()
    assert function.ended(function.begin("wait")) == ("SUCCEEDED", "one")


def test_whoever_waits_for_it_waits_for_the_executions_end(durable: Callable[..., Durable]) -> None:
    function = durable()
    assert json.load(function.invoke("wait")["Payload"]) == "one"
    failed = function.invoke("fail")
    assert (failed["FunctionError"], json.load(failed["Payload"])["errorType"]) == ("Unhandled", "ValueError")


def test_it_is_not_invoked_without_a_version(durable: Callable[..., Durable]) -> None:
    function = durable()
    refused = refusal(function.functions.invoke, FunctionName=function.arn, Payload=b"{}")
    assert refused == "InvalidParameterValueException"


def test_it_goes_on_with_the_version_that_it_began_with(durable: Callable[..., Durable]) -> None:
    function = durable()
    pinned, latest = function.begin("callback"), function.begin("callback", "$LATEST")
    ids = [function.callback(one) for one in (pinned, latest)]
    code = package(CODE.replace('"one"', '"two"'))
    function.functions.update_function_code(FunctionName=function.arn, ZipFile=code)
    function.functions.publish_version(FunctionName=function.arn)
    for one in ids:
        function.answer(one)
    assert function.ended(pinned) == ("SUCCEEDED", ["one", '"hello"'])
    assert function.ended(latest) == ("SUCCEEDED", ["two", '"hello"'])


def test_a_name_makes_a_start_idempotent(durable: Callable[..., Durable]) -> None:
    function, name = durable(), uuid4().hex
    begun = function.begin("callback", name=name)
    assert f":1/durable-execution/{name}/" in begun
    assert function.begin("callback", name=name) == begun
    with pytest.raises(function.functions.exceptions.DurableExecutionAlreadyStartedException):
        function.begin("callback", name=name, other=1)


def test_an_invocation_that_dies_is_tried_again_and_repeats_no_step(
    durable: Callable[..., Durable], tmp_path: Path
) -> None:
    function = durable()
    assert function.ended(function.begin("die", there=str(tmp_path / "there"))) == ("SUCCEEDED", "x")


def test_an_execution_whose_invocations_all_die_fails(durable: Callable[..., Durable], tmp_path: Path) -> None:
    function = durable()
    ended = function.ended(function.begin("die", there=str(tmp_path / "there"), always=True))
    assert ended == ("FAILED", "Runtime.ExitError")


def test_a_timeout_of_0_is_none_and_a_result_may_have_a_megabyte(durable: Callable[..., Durable]) -> None:
    function = durable()
    execution = function.begin("callback")
    callback = function.callback(execution)
    refused = refusal(
        function.functions.send_durable_execution_callback_success, CallbackId=callback, Result=bytes(1_048_577)
    )
    assert refused == "InvalidParameterValueException"
    assert function.seen(execution)["Status"] == "RUNNING"
    function.answer(callback, b"x" * 1_000_000)
    assert len(function.ended(execution)[1][1]) == 1_000_000


def test_a_callback_that_has_timed_out_is_closed(durable: Callable[..., Durable]) -> None:
    function = durable()
    execution = function.begin("callback", seconds=1)
    callback = function.callback(execution)
    assert function.ended(execution) == ("SUCCEEDED", "late")
    assert refusal(function.answer, callback=callback) == "CallbackTimeoutException"
    assert refusal(function.answer, callback="never") == "ResourceNotFoundException"


def test_what_an_alias_returns_or_raises_is_the_operations(durable: Callable[..., Durable], machines: Machines) -> None:
    called = machines.function(CALLED)
    machines.functions.publish_version(FunctionName=called)
    for alias in ("live", "other"):
        machines.functions.create_alias(FunctionName=called, Name=alias, FunctionVersion="1")
    function = durable(f"{called}:live", f"{called}:other", f"{called}:gone")

    def invoked(target: str) -> Any:
        return function.ended(function.begin("invoke", function=target))[1]

    assert invoked(f"{called}:live") == "called"
    assert invoked(f"{called}:other") == ["LookupError", "not there"]
    assert invoked(f"{called}:gone")[0] == "ResourceNotFoundException"
    assert invoked(called)[0] == "AccessDeniedException"
    machines.functions.put_function_concurrency(FunctionName=called, ReservedConcurrentExecutions=0)
    assert invoked(f"{called}:live")[0] == "TooManyRequestsException"


def test_a_step_is_tried_as_often_as_it_says(durable: Callable[..., Durable], tmp_path: Path) -> None:
    function = durable()
    assert function.ended(function.begin("step", there=str(tmp_path / "there"))) == ("SUCCEEDED", "xxx")


def test_a_callback_is_authorised_by_the_arn_of_its_execution(
    durable: Callable[..., Durable], local_aws: LocalAws
) -> None:
    function = durable()
    callback = function.callback(function.begin("callback"))
    for resource, allowed in ((function.arn, False), (f"{function.arn}:1", False), (f"{function.arn}:*", True)):
        client = _as_role(local_aws, "lambda:SendDurableExecutionCallback*", resource)
        if allowed:
            client.send_durable_execution_callback_success(CallbackId=callback, Result=b"1")
        else:
            refused = refusal(client.send_durable_execution_callback_success, CallbackId=callback, Result=b"1")
            assert refused == "AccessDeniedException"


def test_an_execution_is_read_by_its_arn(durable: Callable[..., Durable], local_aws: LocalAws) -> None:
    function = durable()
    execution = function.begin("callback")
    for resource, allowed in ((function.arn, False), (f"{function.arn}:*", True)):
        client = _as_role(local_aws, "lambda:GetDurableExecution", resource)
        if allowed:
            assert client.get_durable_execution(DurableExecutionArn=execution)["Status"] == "RUNNING"
        else:
            refused = refusal(client.get_durable_execution, DurableExecutionArn=execution)
            assert refused == "AccessDeniedException"


def test_cloudformation_makes_a_durable_function(local_aws: LocalAws, durable: Callable[..., Durable]) -> None:
    like = durable()
    config = like.functions.get_function(FunctionName=like.arn)["Configuration"]
    name, stacks = f"stack-{uuid4().hex}", local_aws.client("cloudformation")
    properties = {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": config["Role"],
        "Code": {"ZipFile": CODE},
        "DurableConfig": {"ExecutionTimeout": 600, "RetentionPeriodInDays": 1},
    }
    resources = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": properties},
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
    }
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    made = like.functions.get_function(FunctionName=name, Qualifier="1")["Configuration"]
    assert made["DurableConfig"] == {"ExecutionTimeout": 600, "RetentionPeriodInDays": 1}


def _as_role(local: LocalAws, action: str, resource: str) -> Any:
    """A client under a role that may do that."""
    iam, name = client(local, "iam"), f"role-{uuid4().hex}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": action, "Resource": resource}
    document, policy = (json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trust, allowed))
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=policy)
    session = local.client("sts").assume_role(RoleArn=arn, RoleSessionName="it")["Credentials"]
    return boto3.client(
        "lambda",
        endpoint_url=local.environment["AWS_ENDPOINT_URL"],
        verify=local.environment["AWS_CA_BUNDLE"],
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
