"""A workbench for functions: a bucket, a ledger, queues and a machine that waits, which nobody else looks at."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emulator.aws import REGION, LocalAws
from tests.e2e.conftest import wait_for

QUEUES = ("tokens", "starts", "reports", "tasks", "tasks-dead", "notifications-dead", "undelivered")


class Missing(Exception):
    """What a scenario is about did not happen: the function raised, or its effect is not there."""


def expect(happened: object, effect: object) -> None:
    """Raise :class:`Missing` unless it happened."""
    if not happened:
        raise Missing(effect)


class Token:
    """The task token of an execution that waits."""

    def __init__(self, machines: Any, execution: str, text: str) -> None:
        self._machines = machines
        self.execution = execution
        self.text = text

    def expect(self, status: str) -> None:
        """Expect that it is answered, and that the execution ends like that."""
        expect(not self._open(), "the token was not answered")
        assert wait_for(lambda: _end(self._machines, self.execution)) == status

    def expect_soon(self, status: str) -> None:
        """Expect the same, of somebody who is told asynchronously."""
        try:
            assert wait_for(lambda: _end(self._machines, self.execution)) == status
        except TimeoutError:
            raise Missing("the token was not answered") from None

    def _open(self) -> bool:
        try:
            self._machines.send_task_heartbeat(taskToken=self.text)
        except self._machines.exceptions.ClientError:
            return False
        return True


def _end(machines: Any, execution: str) -> str | None:
    status: str = machines.describe_execution(executionArn=execution)["status"]
    return None if status == "RUNNING" else status


class Workbench:
    """A bucket, a ledger, queues, and a machine that waits, for stand-ins to work with."""

    def __init__(self, local: LocalAws) -> None:
        self.name = f"bench-{uuid.uuid4().hex[:8]}"
        self.s3, self.sqs, self.iam = local.client("s3"), local.client("sqs"), local.client("iam")
        self.machines, self.functions = local.client("stepfunctions"), local.client("lambda")
        self.dynamodb, self.logs = local.client("dynamodb"), local.client("logs")
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        self.queues = {name: self.sqs.create_queue(QueueName=f"{self.name}-{name}")["QueueUrl"] for name in QUEUES}
        self._machine = self._make_machine()

    def _make_machine(self) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        # The local AWS asks it for no permission: test_roles has a test of that.
        self._role = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        wait = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": self.queues["tokens"], "MessageBody": {"token.$": "$$.Task.Token"}},
            "TimeoutSeconds": 600,
            "End": True,
        }
        definition = json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})
        made = self.machines.create_state_machine(name=self.name, definition=definition, roleArn=self._role)
        return str(made["stateMachineArn"])

    def token(self) -> Token:
        """Start an execution that waits; return its token."""
        execution = self.machines.start_execution(stateMachineArn=self._machine)["executionArn"]
        return Token(self.machines, execution, json.loads(self.take("tokens"))["token"])

    def status_without_permissions(self, machine: str, given: Any) -> str:
        """Run a machine's definition under a role that may do nothing; return how it ends."""
        definition = self.machines.describe_state_machine(stateMachineArn=machine)["definition"]
        made = self.machines.create_state_machine(name=f"{self.name}-copy", definition=definition, roleArn=self._role)
        arn = made["stateMachineArn"]
        execution = self.machines.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
        status = wait_for(lambda: _end(self.machines, execution))
        self.machines.delete_state_machine(stateMachineArn=arn)
        return status

    def take(self, queue: str) -> str:
        """Take the next message out of a queue; expect that there is one."""
        url = self.queues[queue]
        try:
            got = wait_for(lambda: self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"))
        except TimeoutError:
            raise Missing(f"nothing came to {queue}") from None
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
        return str(got[0]["Body"])

    def messages(self, queue: str) -> int:
        """Return how many messages a queue has, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queues[queue], AttributeNames=names)["Attributes"]
        return sum(map(int, attributes.values()))

    def close(self) -> None:
        """Delete all of it."""
        self.machines.delete_state_machine(stateMachineArn=self._machine)
        self.iam.delete_role(RoleName=self.name)
        for url in self.queues.values():
            self.sqs.delete_queue(QueueUrl=url)
        for entry in self.s3.list_object_versions(Bucket=self.name).get("Versions", []):
            self.s3.delete_object(Bucket=self.name, Key=entry["Key"], VersionId=entry["VersionId"])
        self.s3.delete_bucket(Bucket=self.name)
        self.dynamodb.delete_table(TableName=self.name)


@contextmanager
def role(local: LocalAws, policy: str) -> Iterator[dict[str, str]]:
    """The environment of a program under a role with that policy."""
    iam, name = local.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
    session = local.client("sts").assume_role(RoleArn=arn, RoleSessionName="program")["Credentials"]
    try:
        yield {
            **local.environment,
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="policy")
        iam.delete_role(RoleName=name)
