"""The only place that makes AWS clients: once, with one configuration."""

import logging
import threading
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

# At DEBUG botocore logs the bodies of requests and answers, and some hold a token. A level alone would not do: a
# workload is imported later than this, and may set another one.
logging.getLogger("botocore").setLevel(logging.INFO)
for _teller in ("endpoint", "parsers"):
    logging.getLogger(f"botocore.{_teller}").addFilter(lambda record: record.levelno > logging.DEBUG)
# A durable function's callback is answered at an address that has its id, which these tell at DEBUG, too.
for _teller in ("botocore.auth", "botocore.httpsession", "urllib3.connectionpool"):
    logging.getLogger(_teller).addFilter(lambda record: "/durable-execution-callbacks/" not in _all_of(record))

ERRORS = (ClientError, NoConnection, HTTPClientError, ResponseParserError)
"""What a client raises when AWS refuses or cannot be reached, also after retries, or what came is not its answer."""

_Cached = TypeVar("_Cached")

_lock = threading.Lock()
_caches: list[Any] = []


def resettable(cached: _Cached) -> _Cached:
    """Make :func:`reset` clear the cache of a function that asks AWS."""
    _caches.append(cached)
    return cached


def reset() -> None:
    """Forget the clients and cached answers, because credentials, region or account may have changed."""
    for cached in _caches:
        cached.cache_clear()


@resettable
@cache
def _make(service: str) -> Any:
    # Imported here because botocore is most of a cold start.
    from sfn_callback.aws import session

    return session.client(service)


def _client(service: str) -> Any:
    # Two threads that both miss the cache would make two clients.
    with _lock:
        return _make(service)


dynamodb: Callable[[], "DynamoDBClient"] = partial(_client, "dynamodb")
functions: Callable[[], "LambdaClient"] = partial(_client, "lambda")
parameters: Callable[[], Any] = partial(_client, "ssm")
s3: Callable[[], "S3Client"] = partial(_client, "s3")
secrets: Callable[[], "SecretsManagerClient"] = partial(_client, "secretsmanager")
sns: Callable[[], "SNSClient"] = partial(_client, "sns")
stepfunctions: Callable[[], "SFNClient"] = partial(_client, "stepfunctions")
"""Each returns the client of its service."""


def _all_of(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {record.exc_info and record.exc_info[1]}"


def described(problem: Exception) -> str:
    """Return a description of one of :data:`ERRORS` for a log: AWS's own message may quote what was sent."""
    if isinstance(problem, ClientError):
        return f"{problem.operation_name}: {problem.response.get('Error', {}).get('Code', 'Unknown')}"
    return type(problem).__name__
