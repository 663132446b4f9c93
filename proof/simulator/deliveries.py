"""Events as S3 and Lambda make them, and what can be read from them without the package.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import re
from typing import Any
from urllib.parse import quote_plus

from proof.simulator.attempts import Ended, Event

BUCKET = "docs"
ATTEMPTS = 3
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: two retries."""

_INDEX = re.compile(r'chunks/[^/"]+/(\d{8})|"index": (\d+)')
_FANIN = re.compile(r'"fanin": "([^"]+)"|chunks/([^/"]+)/')


def created(key: str) -> Event:
    """Return S3's event of a new chunk."""
    entry = {"key": quote_plus(key, safe="/"), "sequencer": "0055AED6DCD90281E5"}
    s3 = {"bucket": {"name": BUCKET}, "object": entry}
    return Event("process", json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": s3}]}))


def failed(event: Event, ended: Ended) -> Event:
    """Return Lambda's record for the on-failure destination."""
    record: dict[str, Any] = {
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": ATTEMPTS},
        "requestPayload": json.loads(event.text),
        "responsePayload": {"errorType": ended.error, "errorMessage": ended.message},
    }
    return Event("chunk_failed", json.dumps(record))


def sweep(number: int) -> Event:
    """Return the event of the sweeper's schedule."""
    return Event("sweep", json.dumps({"sweep": number}))


def twin(event: Event) -> Event:
    """Return an event that comes twice, the second time: a sweep's chooses names of its own."""
    return sweep(json.loads(event.text)["sweep"] + 100) if event.handler == "sweep" else event


def fanin_of(event: Event) -> str:
    """Return the fan-in that an event of a chunk belongs to."""
    return _found(_FANIN, event)


def index_of(event: Event) -> int:
    """Return the chunk that an event is of."""
    return int(_found(_INDEX, event))


def slot_of(event: Event) -> int:
    """Return the slot that an event of a chunk is of."""
    match = re.search(r'"slot": (\d+)', event.text)
    return int(match[1]) if match else index_of(event)


def _found(pattern: re.Pattern[str], event: Event) -> str:
    match = pattern.search(event.text)
    if match is None:
        raise ValueError(f"{event} is of no chunk")
    return str(match[1] or match[2])
