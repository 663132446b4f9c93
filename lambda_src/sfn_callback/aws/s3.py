"""Reading S3 objects, whole or a range at a time, also when the connection breaks in the middle of a body."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Answer = Mapping[str, Any]
"""GetObject's answer. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""

_ATTEMPTS = 4
_BROKEN = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)


def get(client: "S3Client", check: Callable[[Answer], None], **where: Any) -> tuple[bytes, Answer]:
    """Return the body and the answer of ``get_object(**where)``.

    botocore retries a request, but not a body that stops coming: that is done here. ``check`` is shown each answer
    before its body is read; what it raises is raised here.

    Raises:
        botocore.exceptions.ClientError: S3 refuses, also after retries.
        botocore.exceptions.BotoCoreError: the connection keeps breaking.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _get(client, check, where)
        except _BROKEN:
            continue
    return _get(client, check, where)


def _get(client: "S3Client", check: Callable[[Answer], None], where: Mapping[str, Any]) -> tuple[bytes, Answer]:
    answer = client.get_object(**where)
    try:
        check(answer)
    except Exception:
        # The body may be of any size: the connection is given up instead.
        answer["Body"].close()
        raise
    return answer["Body"].read(), answer


def read(client: "S3Client", **where: Any) -> bytes:
    """Return the body of ``get_object(**where)``; errors as :func:`get`."""
    return get(client, lambda _: None, **where)[0]
