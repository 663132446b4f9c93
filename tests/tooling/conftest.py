"""A local AWS that runs, for the tests of what it makes as AWS has it."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from emulator import aws
from emulator.aws import LocalAws
from tests.tooling.machines import Machines, client, role

NewBucket = Callable[..., str]


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """The local AWS as the demo starts it."""
    with aws.running(tmp_path_factory.mktemp("local") / "aws") as local:
        yield local


@pytest.fixture(scope="session")
def s3(local_aws: LocalAws) -> Any:
    """A client of its S3."""
    return client(local_aws, "s3")


@pytest.fixture(scope="session")
def new_bucket(s3: Any) -> NewBucket:
    """What makes an empty bucket, with versions unless told otherwise, and returns its name."""
    numbers = count()

    def make(*, versions: bool = True) -> str:
        name = f"bucket-{next(numbers)}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.REGION})
        if versions:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    return make


@pytest.fixture(scope="session")
def any_role(local_aws: LocalAws) -> str:
    """A role that machines and functions may have."""
    return role(local_aws, "any")


@pytest.fixture
def machines(local_aws: LocalAws, any_role: str) -> Iterator[Machines]:
    """What makes and runs machines, with a queue of its own for their tokens."""
    sqs = client(local_aws, "sqs")
    url = sqs.create_queue(QueueName=f"tokens-{uuid4().hex}")["QueueUrl"]
    yield Machines(local_aws, url, any_role)
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="session")
def new_queue(local_aws: LocalAws) -> Callable[[str], tuple[str, str]]:
    """What makes a queue that takes messages from AWS's services; it returns the URL and the ARN."""
    sqs = client(local_aws, "sqs")
    services = {"Service": ["s3.amazonaws.com", "events.amazonaws.com"]}

    def make(name: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allowed = {"Effect": "Allow", "Principal": services, "Action": "sqs:SendMessage", "Resource": arn}
        policy = {"Version": "2012-10-17", "Statement": [allowed]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url, arn

    return make
