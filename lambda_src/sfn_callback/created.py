"""Objects that were created, as S3 tells of them: in a notification of its bucket's, or through EventBridge.

They say the same in two ways. A notification has records, and encodes their keys as a form does:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
EventBridge has one object for each event, and its key as it is:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from sfn_callback import given, log
from sfn_callback.errors import InputInvalid

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Created:
    """An object. ``version`` is ``None`` where its bucket keeps none; ``mark`` differs for each event of a key."""

    bucket: str
    key: str
    size: int
    version: str | None
    mark: str

    @property
    def is_folder(self) -> bool:
        """Whether it only marks a folder: a slash at the end, and empty."""
        return self.key.endswith("/") and not self.size


def objects(event: Event) -> list[Created]:
    """Read S3's event of either kind; a test event tells of nothing.

    Raises:
        InputInvalid: it is neither.
    """
    if event.get("Event") == "s3:TestEvent":
        log.info("S3 test event: the notification is in place", bucket=event.get("Bucket"))
        return []
    try:
        found = [_bridged(event["detail"])] if _is_bridged(event) else map(_notified, event["Records"])
        return [one for one in found if one]
    except (KeyError, TypeError, AttributeError):
        raise InputInvalid(f"This is neither an S3 event nor a task; {given.shape(event)}.") from None


def _is_bridged(event: Event) -> bool:
    return event.get("source") == "aws.s3" and event.get("detail-type") == "Object Created"


def _bridged(detail: Event) -> Created | None:
    entry = detail["object"]
    return _created(detail, entry["key"], entry.get("version-id"), entry.get("sequencer") or entry.get("etag"))


def _notified(record: Event) -> Created | None:
    told, entry, encoded = record["s3"], record["s3"]["object"], record["s3"]["object"]["key"]
    key = unquote_plus(encoded) if isinstance(encoded, str) else encoded
    return _created(told, key, entry.get("versionId"), entry.get("sequencer") or entry.get("eTag"))


def _created(told: Event, key: object, version: str | None, mark: str | None) -> Created | None:
    size, bucket = told["object"].get("size") or 0, told["bucket"]["name"]
    return Created(bucket, key, size, version, mark or "") if isinstance(key, str) else None
