"""A document on S3 as a seekable file of any size."""

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from sfn_callback import layout
from sfn_callback.aws import ranges
from sfn_callback.documents import metadata
from sfn_callback.errors import CallbackError, DocumentChanged, DocumentForbidden, DocumentNotFound, InputInvalid

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = (DocumentNotFound, "There is no such document.")
_OVERWRITTEN = (DocumentChanged, "It was overwritten while it was being read: start again.")
_DELETED = (InputInvalid, "This version is a delete marker: name a version that has content.")
_PROBLEMS: dict[str, tuple[type[CallbackError], str]] = {
    "404": _MISSING,
    "NoSuchKey": _MISSING,
    "NoSuchBucket": (DocumentNotFound, "There is no such bucket."),
    "NoSuchVersion": (DocumentNotFound, "There is no such version of the document."),
    "405": _DELETED,
    "MethodNotAllowed": _DELETED,
    "412": _OVERWRITTEN,
    "PreconditionFailed": _OVERWRITTEN,
    "InvalidRange": _OVERWRITTEN,
    "InvalidArgument": (InputInvalid, "Its version is not a valid version id."),
    "KeyTooLongError": (InputInvalid, "Its key is longer than S3's limit of 1,024 bytes."),
}
_FORBIDDEN = (
    "It does not exist, or the split function's role may not read it: documents belong under {} in the module's bucket."
)
_UNREADABLE = "It exists, but cannot be read or decrypted."


class Window(Protocol):
    """The bytes from ``start`` up to ``end`` of the object whose ETag, as S3 writes it, is ``etag``."""

    @property
    def start(self) -> int:
        """The first byte's offset."""

    @property
    def end(self) -> int:
        """The offset behind the last byte."""

    @property
    def etag(self) -> str:
        """Which state of the object is meant."""


class Document(io.BufferedReader):
    """The document that a workload's ``split`` receives: a readable, seekable binary file that knows its place on S3.

    ``bucket``, ``key``, ``version`` (``None`` where the bucket keeps none) and ``content_type`` describe the object.
    ``options`` are the execution's, over the object's own user metadata. On a bucket with versions, one version is read
    even if the object is overwritten meanwhile.

    The file is the whole object, or a part of it: ``start`` is its first byte's offset in the object, 0 for a whole
    one, and ``size`` its length in bytes. Offsets within the file begin at 0 either way.
    """

    bucket: str
    key: str
    version: str | None
    start: int
    etag: str
    size: int
    content_type: str
    options: dict[str, Any]


def open_document(  # noqa: PLR0913 - one for each thing that a document is told by
    client: "S3Client",
    bucket: str,
    key: str,
    version: str | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    part: Window | None = None,
    range_bytes: int | None = None,
) -> Document:
    """Open a document, or a ``part`` of it; only its metadata is read at first.

    ``range_bytes`` is the size of one request, for a reader that jumps and reads little.

    Raises:
        DocumentNotFound, DocumentForbidden, InputInvalid: from here; also DocumentChanged: from here for a part, and
            from reading; RangeNotHonoured: from reading.
    """
    where: dict[str, Any] = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    head = _call(where, lambda: _head(client, where), _FORBIDDEN)
    start, size = _window(where, head, part) if part else (0, head["ContentLength"])
    fetch = ranges.fetch(client, where, head["ContentLength"], head["ETag"])
    file = ranges.Ranges(
        size, lambda first, last: _call(where, lambda: fetch(start + first, start + last), _UNREADABLE), range_bytes
    )
    document = Document(file)
    document.bucket, document.key, document.version = bucket, key, version or head.get("VersionId")
    document.etag = head["ETag"]
    document.start, document.size, document.content_type = start, size, head.get("ContentType", "")
    document.options = {**metadata.decode_all(head.get("Metadata", {})), **(options or {})}
    return document


def _window(where: Mapping[str, str], head: Mapping[str, Any], part: Window) -> tuple[int, int]:
    """Return where a part begins, and its length."""
    url = f"s3://{where['Bucket']}/{where['Key']}"
    if head["ETag"] != part.etag:
        raise DocumentChanged(f"{url}: It was overwritten after it was cut into parts: start again.")
    if not 0 <= part.start < part.end <= head["ContentLength"]:
        raise InputInvalid(
            f"{url}: The part from byte {part.start:,} to {part.end:,} is not within the document, which has"
            f" {head['ContentLength']:,} bytes. Give a part that is."
        )
    return part.start, part.end - part.start


def _head(client: "S3Client", where: dict[str, Any]) -> Any:
    """Describe the document.

    S3 does not say why it refuses a HEAD, because that answer has no body; for a GET it does.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    try:
        return client.head_object(**where)
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in ("400", "403"):
            raise
        client.get_object(**where, Range="bytes=0-0")["Body"].close()
        raise


def _call(where: Mapping[str, str], request: Callable[[], Any], forbidden: str) -> Any:
    try:
        return request()
    except ClientError as refused:
        kind, problem = _explained(refused, forbidden)
        if kind is None:
            raise
        raise kind(f"s3://{where['Bucket']}/{where['Key']}: {problem}") from None


def _explained(refused: ClientError, forbidden: str) -> tuple[type[CallbackError] | None, str]:
    code, message = refused.response["Error"]["Code"], refused.response["Error"].get("Message", "")
    # S3 hands on what KMS refuses by: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    if code.startswith("KMS.") or "kms:" in message:
        return DocumentForbidden, f"{_UNREADABLE} AWS says: {message}"
    if code in ("403", "AccessDenied"):
        why = forbidden.format(layout.documents())
        return DocumentForbidden, why if code == "403" else f"{why} AWS says: {message}"
    return _PROBLEMS.get(code) or (None, "")
