"""Events about created objects: S3's notifications, and those that come through EventBridge.

They say the same in two ways. A notification has records, of which those of a deletion or a new ACL look alike but for
their ``eventName``, and encodes their keys as a form does:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
EventBridge has one object for each event, and its key as it is:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from sfn_callback import log, validation
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent
from sfn_callback.validation import Event

_CREATED = "ObjectCreated:"


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object. ``version`` is ``None`` where its bucket keeps none; ``mark`` differs for each event of a key."""

    bucket: str
    key: str
    size: int
    version: str | None
    mark: str

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder marker: an empty object whose key ends with a slash."""
        return self.key.endswith("/") and not self.size


def objects(event: Event) -> list[S3Object]:
    """Read S3's event of either kind; a test event tells of nothing, and nor does what has happened to an object since.

    Raises:
        InputInvalid: it is neither, or nothing in it can be read.
    """
    if event.get("Event") == "s3:TestEvent":
        log.write(LogEvent.S3_TEST_EVENT, bucket=event.get("Bucket"))
        return []
    bridged = event.get("source") == "aws.s3" and event.get("detail-type") == "Object Created"
    records, read = ([event["detail"]], _bridged) if bridged else (event.get("Records"), _notified)
    entries = [_read(record, read) for record in records] if isinstance(records, list) else [InputInvalid()]
    if entries and all(isinstance(entry, InputInvalid) for entry in entries):
        raise InputInvalid(f"Neither an S3 event nor a task; {validation.shape(event)}.")
    return [entry for entry in entries if isinstance(entry, S3Object)]


def _read(record: Any, read: Callable[[Event], S3Object | None]) -> S3Object | InputInvalid | None:
    """Return a record's object; an unreadable record does not fail the others."""
    try:
        return read(record)
    except (KeyError, TypeError, AttributeError):
        log.write(LogEvent.S3_RECORD_UNREADABLE, record=validation.shape(record))
        return InputInvalid()


def _bridged(detail: Event) -> S3Object | None:
    entry = detail["object"]
    return _created(detail, entry["key"], entry.get("version-id"), entry.get("sequencer") or entry.get("etag"))


def _notified(record: Event) -> S3Object | None:
    if not record.get("eventName", _CREATED).startswith(_CREATED):
        log.write(LogEvent.S3_EVENT_IGNORED, event_name=record["eventName"])
        return None
    notification, entry, encoded = record["s3"], record["s3"]["object"], record["s3"]["object"]["key"]
    key = unquote_plus(encoded) if isinstance(encoded, str) else encoded
    return _created(notification, key, entry.get("versionId"), entry.get("sequencer") or entry.get("eTag"))


def _created(told: Event, key: object, version: str | None, mark: str | None) -> S3Object | None:
    size, bucket = told["object"].get("size") or 0, told["bucket"]["name"]
    return S3Object(bucket, key, size, version, mark or "") if isinstance(key, str) else None
