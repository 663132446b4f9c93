"""What the policies of bucket, queue and topic refuse: on copies that somebody has opened to a stranger's account."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from emulator.aws import REGION, LocalAws
from tests.e2e.conftest import Stack
from tests.e2e.support.workbench import Workbench

OURS, STRANGERS = "000000000000", "999999999999"
EVERYTHING = {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}
KINDS = ["bucket", "queue", "topic"]


class Caller:
    """A user who may do everything, as far as their own account is concerned."""

    def __init__(self, local: LocalAws, account: str, name: str) -> None:
        self._local, self._name = local, name
        self._iam = self._client("iam", account, "test")
        self._iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
        self._iam.put_user_policy(UserName=name, PolicyName="everything", PolicyDocument=document)
        self._key = self._iam.create_access_key(UserName=name)["AccessKey"]

    def client(self, service: str) -> Any:
        return self._client(service, self._key["AccessKeyId"], self._key["SecretAccessKey"])

    def client_over_http(self, service: str) -> Any:
        """As one behind a proxy that speaks TLS: the local AWS takes its word for what was spoken before it."""
        made = self.client(service)
        made.meta.events.register("before-send", _say_http)
        return made

    def close(self) -> None:
        self._iam.delete_access_key(UserName=self._name, AccessKeyId=self._key["AccessKeyId"])
        self._iam.delete_user_policy(UserName=self._name, PolicyName="everything")
        self._iam.delete_user(UserName=self._name)

    def _client(self, service: str, key: str, secret: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self._local.environment["AWS_ENDPOINT_URL"],
            region_name=REGION,
            verify=self._local.environment["AWS_CA_BUNDLE"],
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )


def _say_http(request: Any, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "http"


@dataclass(frozen=True)
class Copy:
    """A resource of the workbench, with the policy of a deployed one."""

    statements: list[dict[str, Any]]
    put: Callable[[str], object]
    service: str
    use: Callable[[Any], object]

    def open(self, *, refusals: bool) -> None:
        """Let the stranger's account do everything, but for what the deployed policy refuses."""
        opened = {
            "Sid": "Strangers",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{STRANGERS}:root"},
            "Action": self.statements[0]["Action"],
            "Resource": self.statements[0]["Resource"],
        }
        statements = [*(self.statements if refusals else []), opened]
        self.put(json.dumps({"Version": "2012-10-17", "Statement": statements}))

    def lets(self, client: Any) -> bool:
        """Whether a client may use it."""
        try:
            self.use(client)
        except client.exceptions.ClientError as refused:
            assert refused.response["Error"]["Code"] in ("AccessDenied", "AuthorizationError")
            return False
        return True


@pytest.fixture(scope="module")
def callers(stack: Stack) -> Iterator[dict[str, Caller]]:
    made = {"colleague": Caller(stack.local, OURS, "colleague"), "stranger": Caller(stack.local, STRANGERS, "stranger")}
    yield made
    for caller in made.values():
        caller.close()


@pytest.fixture(scope="module")
def copies(stack: Stack) -> Iterator[dict[str, Copy]]:
    bench, topics = Workbench(stack.local), stack.local.client("sns")
    topic = topics.create_topic(Name=bench.name)["TopicArn"]
    yield {"bucket": _bucket(stack, bench), "queue": _queue(stack, bench), "topic": _topic(stack, topics, topic)}
    topics.delete_topic(TopicArn=topic)
    bench.s3.delete_bucket_policy(Bucket=bench.name)
    bench.close()


def _statements(policy: str, deployed: str, copy: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(policy.replace(deployed, copy))["Statement"]
    return statements


def _bucket(stack: Stack, bench: Workbench) -> Copy:
    deployed = stack.instances["strict"].bucket
    policy = bench.s3.get_bucket_policy(Bucket=deployed)["Policy"]
    return Copy(
        _statements(policy, deployed, bench.name),
        lambda text: bench.s3.put_bucket_policy(Bucket=bench.name, Policy=text),
        "s3",
        lambda client: client.put_object(Bucket=bench.name, Key="a", Body=b"a"),
    )


def _queue(stack: Stack, bench: Workbench) -> Copy:
    deployed, url = stack.instances["queue"].outputs["queue_url"], bench.queues["tasks"]
    policy = bench.sqs.get_queue_attributes(QueueUrl=deployed, AttributeNames=["Policy"])["Attributes"]["Policy"]
    return Copy(
        _statements(policy, deployed.rpartition("/")[2], url.rpartition("/")[2]),
        lambda text: bench.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text}),
        "sqs",
        lambda client: client.send_message(QueueUrl=url, MessageBody="a"),
    )


def _topic(stack: Stack, topics: Any, copy: str) -> Copy:
    deployed = stack.instances["approval"].outputs["approvals_topic_arn"]
    policy = topics.get_topic_attributes(TopicArn=deployed)["Attributes"]["Policy"]
    return Copy(
        _statements(policy, deployed, copy),
        lambda text: topics.set_topic_attributes(TopicArn=copy, AttributeName="Policy", AttributeValue=text),
        "sns",
        lambda client: client.publish(TopicArn=copy, Message="a"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_another_account_is_refused_even_if_somebody_lets_it_in(
    copies: dict[str, Copy], callers: dict[str, Caller], kind: str
) -> None:
    copy, stranger = copies[kind], callers["stranger"].client(copies[kind].service)
    copy.open(refusals=False)
    assert copy.lets(stranger)
    copy.open(refusals=True)
    assert not copy.lets(stranger)
    assert copy.lets(callers["colleague"].client(copy.service))


@pytest.mark.parametrize("kind", KINDS)
def test_plain_http_is_refused(copies: dict[str, Copy], callers: dict[str, Caller], kind: str) -> None:
    copy, colleague = copies[kind], callers["colleague"]
    copy.open(refusals=True)
    assert not copy.lets(colleague.client_over_http(copy.service))
    copy.open(refusals=False)
    assert copy.lets(colleague.client_over_http(copy.service))
