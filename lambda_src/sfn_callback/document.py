"""A document on S3 as a file: read in ranges, so that its size does not matter and a broken connection is retried."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sfn_callback import objects
from sfn_callback.errors import CallbackError, DocumentChanged, DocumentForbidden, DocumentNotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGE_BYTES = 8 * 1024 * 1024

_PROBLEMS: dict[str, tuple[type[CallbackError], str]] = {
    "404": (DocumentNotFound, "There is no such document"),
    "NoSuchKey": (DocumentNotFound, "There is no such document"),
    "NoSuchBucket": (DocumentNotFound, "There is no such bucket"),
    "NoSuchVersion": (DocumentNotFound, "There is no such version of the document"),
    "403": (
        DocumentForbidden,
        "It does not exist, or the split function's role may not read it:"
        " documents belong under documents/ in the module's bucket",
    ),
    "412": (DocumentChanged, "It was overwritten while it was being split: start again"),
    "PreconditionFailed": (DocumentChanged, "It was overwritten while it was being split: start again"),
}
_PROBLEMS["AccessDenied"] = _PROBLEMS["403"]


class Document(io.BufferedReader):
    """What a workload's ``split`` gets: a binary file, open for reading, that knows where it is from.

    ``bucket``, ``key``, ``size`` (bytes) and ``content_type`` describe the object. One version is read from
    beginning to end, also when the object is overwritten meanwhile on a bucket with versions.
    """

    bucket: str
    key: str
    size: int
    content_type: str


def open_document(client: "S3Client", bucket: str, key: str, version: str | None = None) -> Document:
    """Open a document; only its description is read yet.

    Raises:
        DocumentNotFound, DocumentForbidden: from here; also DocumentChanged: from reading.
    """
    where = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    head = _call(client.head_object, where)
    ranges = _Ranges(client, {**where, "IfMatch": head["ETag"]}, head["ContentLength"])
    document = Document(ranges)
    document.bucket, document.key = bucket, key
    document.size, document.content_type = head["ContentLength"], head.get("ContentType", "")
    return document


class _Ranges(io.RawIOBase):
    """Serves reads of any size from one range of the object at a time: a text reader asks for 8 KB each."""

    def __init__(self, client: "S3Client", where: Mapping[str, str], size: int) -> None:
        self._client = client
        self._where = where
        self._size = size
        self._next = 0
        self._range = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._range and self._next < self._size:
            # Even an empty view keeps the range that it is of.
            self._range = memoryview(b"")
            self._range = memoryview(self._fetch())
        length = min(len(buffer), len(self._range))
        memoryview(buffer).cast("B")[:length] = self._range[:length]
        self._range = self._range[length:]
        return length

    def _fetch(self) -> bytes:
        end = min(self._next + RANGE_BYTES, self._size)
        wanted = {**self._where, "Range": f"bytes={self._next}-{end - 1}"}
        body: bytes = _call(partial(objects.read, self._client), wanted)
        self._next = end
        return body


def _call(request: Callable[..., Any], where: Mapping[str, str]) -> Any:
    try:
        return request(**where)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code not in _PROBLEMS:
            raise
        kind, problem = _PROBLEMS[code]
        raise kind(f"s3://{where['Bucket']}/{where['Key']}: {problem}.") from None
