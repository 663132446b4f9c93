"""Times as people and machines read them."""

import time
from datetime import UTC, datetime


def now() -> str:
    """Return the time as ``2026-01-31T23:59:59Z``."""
    return stamp(time.time())


def stamp(seconds: float) -> str:
    """Return epoch seconds as ``2026-01-31T23:59:59Z``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def readable(seconds: int) -> str:
    """Return epoch seconds as ``31 January 2026, 23:59 UTC``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%d %B %Y, %H:%M UTC}".lstrip("0")
