"""Events as AWS sends them."""

from typing import Any
from urllib.parse import quote_plus

from testing.environment import BUCKET


def created(key: str) -> dict[str, Any]:
    """Return S3's event for a new object."""
    entry = {"key": quote_plus(key, safe="/"), "versionId": "v1", "sequencer": "0055AED6DCD90281E5"}
    return {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": entry}}]}
