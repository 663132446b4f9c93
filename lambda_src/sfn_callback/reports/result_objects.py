"""Results that are objects on S3 already.

One that is at the chunk's own key is the result as it is. Any other is copied, because a reference could be gone, or be
something else, before it is merged: the merge, the lifecycle rule and who may read go by what is under ``results/``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import layout, settings
from sfn_callback.aws import clients
from sfn_callback.documents.bucket import Store
from sfn_callback.errors import ReportInvalid, ResultUnavailable
from sfn_callback.reports.report import ResultAt

MAX_COPIED = 5 * 1024**3
"""Bytes that one request copies. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""

_ABSENT = "does not exist: report it once it exists."
_UNREADABLE = "may not be read, or does not exist: allow `report` to read it in its bucket's policy and its KMS key's."
_OTHERWISE = "cannot be read: it has no such version, or is encrypted with a key that S3 does not keep (SSE-C)."
_CHANGED = "was changed meanwhile: report it again."
# HeadObject has no body to say more than a status in, 405 of a version that is a delete marker:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_WHY = {
    **dict.fromkeys(("404", "405", "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "MethodNotAllowed"), _ABSENT),
    **dict.fromkeys(("403", "AccessDenied", "KMS"), _UNREADABLE),
    **dict.fromkeys(("400", "InvalidArgument", "InvalidRequest"), _OTHERWISE),
    "InvalidObjectState": "is archived: restore it, then report it.",
    "PreconditionFailed": _CHANGED,
}
"""What S3 answers of an object for which the same report cannot help now."""


def take(store: Store, job: str, index: int, at: ResultAt) -> int:
    """Make an object a chunk's result; return its number of bytes.

    Raises:
        ReportInvalid: results are not accepted from its place.
        ResultUnavailable: it does not exist, may not be read, or is too large to be copied.
    """
    if (at.bucket, at.key) == (store.bucket, layout.result(job, index)):
        return _in_place(at)
    if not _may_be(at):
        raise ReportInvalid(
            "Results there are not accepted: write it to the key of the chunk's own result, or add its bucket"
            " to the module's `pending.result_buckets`."
        )
    head = _head(at)
    if head["ContentLength"] > MAX_COPIED:
        raise ResultUnavailable(
            f"{_url(at)} has {head['ContentLength']:,} bytes, and at most {MAX_COPIED:,} can be copied. Write"
            " it to the key of the chunk's own result."
        )
    # The first result counts.
    if not store.has_result(job, index):
        _asked(at, lambda: store.copy_result(job, index, _source(at), head["ETag"]))
    return int(head["ContentLength"])


def _in_place(at: ResultAt) -> int:
    # The merge reads what is there then, which is the newest version.
    head = _head(replace(at, version=None))
    if at.version not in (None, head.get("VersionId", "null")):
        raise ResultUnavailable(f"{_url(at)} {_CHANGED}")
    return int(head["ContentLength"])


def _may_be(at: ResultAt) -> bool:
    allowed = (place.partition("/") for place in settings.current().result_buckets)
    return any(at.bucket == bucket and at.key.startswith(prefix) for bucket, _, prefix in allowed)


def _head(at: ResultAt) -> Any:
    return _asked(at, lambda: clients.s3().head_object(**_source(at)))  # type: ignore[arg-type]


def _asked(at: ResultAt, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError as error:
        # Of KMS's own errors, such as KMS.DisabledException, all are about the object's key.
        why = _WHY.get(error.response["Error"]["Code"].partition(".")[0])
        if why is None:
            raise
        raise ResultUnavailable(f"{_url(at)} {why}") from None


def _source(at: ResultAt) -> dict[str, str]:
    version = {"VersionId": at.version} if at.version else {}
    return {"Bucket": at.bucket, "Key": at.key, **version}


def _url(at: ResultAt) -> str:
    return f"s3://{at.bucket}/{at.key}"
