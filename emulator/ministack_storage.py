"""MiniStack's objects, made as AWS has them.

- ``Range`` counts for a version as for the newest one, and what is not one range of bytes is ignored:
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html,
  recorded on AWS on 2026-02-21, ``test_get_object_range`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3_api.snapshot.json.
  MiniStack gives the whole of a version, and refuses what is not one range.
- ``Range`` counts for HeadObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html. AWS's own
  client reads the object's size in ``Content-Range``: https://github.com/awslabs/aws-c-s3/pull/129. MiniStack ignores
  it.
- The ``response-…`` parameters count for a version:
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html. MiniStack ignores them.
- An object whose type nobody has said is ``binary/octet-stream``:
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, and the recording above. MiniStack has
  ``application/octet-stream``.
- EventBridge is told which version was made: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html.
  MiniStack leaves it out.
"""

import json
import re
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

from emulator.patches import replace, theirs

Answer = tuple[int, dict[str, str], bytes]
Headers = dict[str, str]

_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")

_told_version: ContextVar[str | None] = ContextVar("told_version", default=None)

_get = theirs(s3, "_get_object")
_head = theirs(s3, "_head_object")
_put = theirs(s3, "_put_object")
_create_upload = theirs(s3, "_create_multipart_upload")
_parse_range = theirs(s3, "_parse_range")
_override = theirs(s3, "_apply_response_overrides")
_error = theirs(s3, "_error")
_fire = theirs(s3, "_fire_s3_event")
_dispatch = theirs(eventbridge, "_dispatch_event")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(s3, "_get_object", _get_ranged)
    replace(s3, "_head_object", _head_ranged)
    replace(s3, "_put_object", _put_typed)
    replace(s3, "_create_multipart_upload", _create_typed_upload)
    replace(s3, "_fire_s3_event", _fire_with_version)
    replace(eventbridge, "_dispatch_event", _dispatch_with_version)


def _get_ranged(bucket: str, key: str, headers: Headers, query: dict[str, Any] | None = None) -> Answer:
    answer = _get(bucket, key, _whole(headers), query)
    if answer[0] == 200:
        _override(answer[1], query or {})
    return _ranged(answer, headers.get("range", ""), f"/{bucket}/{key}")


def _head_ranged(bucket: str, key: str, headers: Headers | None = None, query: dict[str, Any] | None = None) -> Answer:
    return _ranged(_head(bucket, key, headers, query), (headers or {}).get("range", ""), f"/{bucket}/{key}")


def _whole(headers: Headers) -> Headers:
    return {name: value for name, value in headers.items() if name != "range"}


def _ranged(answer: Answer, wanted: str, resource: str) -> Answer:
    status, headers, body = answer
    if status != 200 or not _is_one_range(wanted):
        return answer
    size = int(headers["Content-Length"])
    first, last = _parse_range(wanted, size) or (size, size)
    if first > last or first >= size:
        return _refused(wanted, size, resource)
    range_headers = {"Content-Length": str(last + 1 - first), "Content-Range": f"bytes {first}-{last}/{size}"}
    return 206, _without_checksums(headers) | range_headers, body[first : last + 1]


def _is_one_range(wanted: str) -> bool:
    found = _ONE_RANGE.fullmatch(wanted)
    first, last = found.groups() if found else ("", "")
    return bool(first or last) and not (first and last and int(first) > int(last))


def _without_checksums(headers: Headers) -> Headers:
    # They are the whole object's.
    return {name: value for name, value in headers.items() if not name.lower().startswith("x-amz-checksum-")}


def _refused(wanted: str, size: int, resource: str) -> Answer:
    details = {"RangeRequested": wanted, "ActualObjectSize": str(size)}
    range_of_nothing = {"Content-Range": f"bytes */{size}"}
    message = "The requested range is not satisfiable"
    refused: Answer = _error("InvalidRange", message, 416, resource, details, range_of_nothing)
    return refused


def _put_typed(bucket: str, key: str, body: bytes, headers: Headers) -> Answer:
    answer: Answer = _put(bucket, key, body, _typed(headers))
    return answer


def _create_typed_upload(bucket: str, key: str, headers: Headers) -> Answer:
    answer: Answer = _create_upload(bucket, key, _typed(headers))
    return answer


def _typed(headers: Headers) -> Headers:
    return {"content-type": "binary/octet-stream", **headers}


def _fire_with_version(*given: Any, version_id: str | None = None, **named: Any) -> None:
    marked = _told_version.set(version_id)
    try:
        _fire(*given, version_id=version_id, **named)
    finally:
        _told_version.reset(marked)


def _dispatch_with_version(event: dict[str, Any], view: Any = None) -> None:
    version = _told_version.get()
    if version and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    _dispatch(event, view)
