"""A document on S3 as a file that can be sought, of any size."""

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sfn_callback import metadata, ranges
from sfn_callback.errors import CallbackError, DocumentChanged, DocumentForbidden, DocumentNotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_OVERWRITTEN = (DocumentChanged, "It was overwritten while it was being read: start again")
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
    "412": _OVERWRITTEN,
    "PreconditionFailed": _OVERWRITTEN,
    "InvalidRange": _OVERWRITTEN,
}
_PROBLEMS["AccessDenied"] = _PROBLEMS["403"]


class Document(io.BufferedReader):
    """What a workload's ``split`` gets: a binary file, open for reading and seeking, that knows where it is from.

    ``bucket``, ``key``, ``version`` (``None`` where the bucket keeps none), ``size`` (bytes) and ``content_type``
    describe the object. ``options`` are the execution's, over the object's own user metadata. One version is read, also
    when the object is overwritten meanwhile on a bucket with versions.
    """

    bucket: str
    key: str
    version: str | None
    size: int
    content_type: str
    options: dict[str, Any]


def open_document(
    client: "S3Client", bucket: str, key: str, version: str | None = None, options: Mapping[str, Any] | None = None
) -> Document:
    """Open a document; only its description is read yet.

    Raises:
        DocumentNotFound, DocumentForbidden: from here; also DocumentChanged and RangeNotHonoured: from reading.
    """
    where: dict[str, Any] = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    head = _call(where, lambda: client.head_object(**where))
    fetch = ranges.fetch(client, where, head["ContentLength"], head["ETag"])
    file = ranges.Ranges(head["ContentLength"], lambda first, last: _call(where, lambda: fetch(first, last)))
    document = Document(file)
    document.bucket, document.key, document.version = bucket, key, version or head.get("VersionId")
    document.size, document.content_type = head["ContentLength"], head.get("ContentType", "")
    document.options = {**metadata.decode_all(head.get("Metadata", {})), **(options or {})}
    return document


def _call(where: Mapping[str, str], request: Callable[[], Any]) -> Any:
    try:
        return request()
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code not in _PROBLEMS:
            raise
        kind, problem = _PROBLEMS[code]
        raise kind(f"s3://{where['Bucket']}/{where['Key']}: {problem}.") from None
