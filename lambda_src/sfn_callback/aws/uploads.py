"""Uploads of any size in bounded memory: in parts, which are removed on failure."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sfn_callback import memory

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 8 * 1024 * 1024
"""S3 takes 10,000 parts, so an object has at most 80 GB."""

_NOTHING = memoryview(b"")


def encryption(key_arn: str) -> dict[str, Any]:
    """Return PutObject's parameters that name the KMS key ``key_arn``; none where it is empty.

    CreateMultipartUpload takes them as well.
    """
    # A bucket's policy sees what a request says, not the bucket's default, which comes after it:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
    # Whether a bucket key is used stays as the bucket has it:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-bucket-key-object.html
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn} if key_arn else {}


def upload(client: "S3Client", bucket: str, key: str, pieces: Iterable[bytes], extra_args: dict[str, Any]) -> int:
    """Upload an iterable of pieces as they come; return the number of bytes.

    Less than one part takes one request. An error of the pieces, or of S3, is raised after the uploaded parts are
    removed. ``extra_args`` has other parameters of PutObject, such as ``ContentType``.
    """
    # Imported here because few handlers pay for it.
    from s3transfer.manager import TransferConfig, TransferManager

    workers = max(1, memory.ahead_bytes() // PART_BYTES)
    config = TransferConfig(
        multipart_threshold=PART_BYTES,
        multipart_chunksize=PART_BYTES,
        max_request_concurrency=workers,
        max_in_memory_upload_chunks=workers,
    )
    file = _Joined(pieces)
    with TransferManager(client, config) as transfers:
        future = transfers.upload(io.BufferedReader(file), bucket, key, extra_args)
        file.over = future.done
        future.result()
    return file.size


class _Joined(io.RawIOBase):
    """A readable file over the pieces of an iterable; ``size`` counts the bytes that have come."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = filter(None, pieces)
        self._rest = _NOTHING
        self.size = 0
        # Once S3 has refused a part, the rest is not worth reading.
        self.over: Callable[[], bool] = lambda: False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if self.over():
            return 0
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
            self.size += len(self._rest)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        # A piece may be as large as a result: release it before asking for the next one.
        self._rest = self._rest[size:] or _NOTHING
        return size
