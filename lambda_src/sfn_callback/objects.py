"""Reading S3 objects whole, also when the connection breaks in the middle of one."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS = 4
_BROKEN = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)


def read(client: "S3Client", **where: Any) -> bytes:
    """Return the body of ``get_object(**where)``.

    botocore retries a request, but not a body that stops coming: that is done here.

    Raises:
        botocore.exceptions.ClientError: S3 refuses, also after retries.
        botocore.exceptions.BotoCoreError: the connection keeps breaking.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return client.get_object(**where)["Body"].read()
        except _BROKEN:
            continue
    return client.get_object(**where)["Body"].read()
