"""Results that are objects on S3 already.

One that is at the chunk's own key is the result as it is. Any other is copied, because a reference could be gone, or be
something else, before it is merged: the merge, the lifecycle rule and who may read go by what is under ``results/``.
"""

from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import layout, settings
from sfn_callback.aws import clients
from sfn_callback.documents.bucket import Store
from sfn_callback.errors import ReportInvalid, ResultUnavailable
from sfn_callback.reports.report import ResultAt

MAX_COPIED = 5 * 1024**3
"""Bytes that one request copies. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""

_ABSENT = ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "400")


def take(store: Store, job: str, index: int, at: ResultAt) -> int:
    """Have an object be a chunk's result; return how many bytes it has.

    Raises:
        ReportInvalid: no result may be there.
        ResultUnavailable: there is none, it may not be read, or it is too large to be copied.
    """
    own = layout.result(job, index)
    if at.bucket == store.bucket and at.key == own:
        return int(_head(at)["ContentLength"])
    if not _may_be(at):
        raise ReportInvalid(
            "A result is not taken from there: write it to the key of the chunk's own result, or have its bucket"
            " named in the module's `pending.result_buckets`."
        )
    head = _head(at)
    if head["ContentLength"] > MAX_COPIED:
        raise ResultUnavailable(
            f"{_url(at)} has {head['ContentLength']:,} bytes, and at most {MAX_COPIED:,} are copied."
            " Write it to the key of the chunk's own result."
        )
    # The first result counts.
    if not store.has_result(job, index):
        _copy(store, job, index, at, head["ETag"])
    return int(head["ContentLength"])


def _may_be(at: ResultAt) -> bool:
    allowed = (place.partition("/") for place in settings.current().result_buckets)
    return any(at.bucket == bucket and at.key.startswith(prefix) for bucket, _, prefix in allowed)


def _copy(store: Store, job: str, index: int, at: ResultAt, etag: str) -> None:
    try:
        store.copy_result(job, index, _source(at), etag)
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        raise ResultUnavailable(f"{_url(at)} was changed while it was copied: report it once more.") from None


def _head(at: ResultAt) -> Any:
    try:
        return clients.s3().head_object(**_source(at))  # type: ignore[arg-type]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _ABSENT:
            raise ResultUnavailable(f"{_url(at)} does not exist: report it when it is there.") from None
        if code in ("403", "AccessDenied"):
            raise ResultUnavailable(
                f"{_url(at)} may not be read, or does not exist: have its bucket's policy let `report` read it."
            ) from None
        raise


def _source(at: ResultAt) -> dict[str, str]:
    version = {"VersionId": at.version} if at.version else {}
    return {"Bucket": at.bucket, "Key": at.key, **version}


def _url(at: ResultAt) -> str:
    return f"s3://{at.bucket}/{at.key}"
