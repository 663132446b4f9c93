"""Log lines: one JSON object each, with the fields that make a job traceable.

A task token is a secret: only its fingerprint is ever logged.
"""

import hashlib
import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sfn_callback.log_events import LogEvent

_logger = logging.getLogger("sfn_callback")
_encode = json.JSONEncoder(default=str).encode

MAX_LINE = 256_000
"""Bytes. CloudWatch Logs took 256 KB of an event, 26 bytes of them its own, and takes 1 MB today (botocore's model of
``logs``: ``InputLogEvent``). What is longer is cut in two, and neither half is JSON."""


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        fields = getattr(record, "fields", {})
        line = _encode({**entry, **fields})
        return line if len(line) <= MAX_LINE else _encode({**entry, **_cut(fields), "cut": True})


def _cut(fields: Mapping[str, object]) -> dict[str, object]:
    """Cut each field to its share of a line; shorter fields stay as they are."""
    share = (MAX_LINE - 4_000) // len(fields)
    return {name: value if len(_encode(value)) < share else _fitting(value, share) for name, value in fields.items()}


def _fitting(value: object, share: int) -> str:
    text = value if isinstance(value, str) else _encode(value)
    while (size := len(_encode(text))) > share:
        text = text[: len(text) * share // size]
    return text


class _CurrentStdout(logging.StreamHandler[Any]):
    """Writes to whatever ``sys.stdout`` is now: runtimes and tests replace it after import."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def _install() -> None:
    handler = _CurrentStdout(sys.stdout)
    handler.setFormatter(_JsonLines())
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)
    # The runtime's root handler would print every line a second time.
    _logger.propagate = False


_install()


def silence() -> None:
    """Stop log lines in this process: they are meant for CloudWatch."""
    for handler in _logger.handlers:
        handler.setLevel(logging.CRITICAL + 1)


def fingerprint(token: str) -> str:
    """Return the first 8 hex digits of the token's SHA-256: enough to match lines, useless to a thief."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()[:8]


def write(event: LogEvent, **fields: object) -> None:
    """Log a line of an event, with its fields."""
    _logger.log(event.level, event.sentence, extra={"fields": {"event": event, **fields}})
