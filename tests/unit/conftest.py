"""The module's bucket on moto."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from testing.aws import make_bucket


@pytest.fixture
def s3() -> Iterator[Any]:
    """A client of S3, where there is the bucket."""
    with mock_aws():
        make_bucket()
        yield boto3.client("s3")
