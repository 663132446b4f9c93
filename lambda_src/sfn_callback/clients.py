"""The only place that makes AWS clients: when first used, once, with one configuration."""

import logging
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from sfn_callback import __version__

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

# At DEBUG botocore logs request bodies, and those of SendTask* hold the token.
logging.getLogger("botocore").setLevel(logging.INFO)

POOL_SIZE = 32
# "standard" retries throttles, 5xx and broken connections after a random part of a doubling pause.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 6},
    max_pool_connections=POOL_SIZE,
    user_agent_extra=f"sfn-callback/{__version__}",
)
_lock = threading.Lock()


@cache
def _make(service: str) -> Any:
    return botocore.session.get_session().create_client(service, config=_CONFIG)


def _client(service: str) -> Any:
    # Two threads that both miss the cache would make two clients.
    with _lock:
        return _make(service)


def dynamodb() -> "DynamoDBClient":
    """Return the DynamoDB client."""
    return cast("DynamoDBClient", _client("dynamodb"))


def functions() -> "LambdaClient":
    """Return the Lambda client."""
    return cast("LambdaClient", _client("lambda"))


def s3() -> "S3Client":
    """Return the S3 client."""
    return cast("S3Client", _client("s3"))


def secrets() -> "SecretsManagerClient":
    """Return the Secrets Manager client."""
    return cast("SecretsManagerClient", _client("secretsmanager"))


def sns() -> "SNSClient":
    """Return the SNS client."""
    return cast("SNSClient", _client("sns"))


def stepfunctions() -> "SFNClient":
    """Return the Step Functions client."""
    return cast("SFNClient", _client("stepfunctions"))
