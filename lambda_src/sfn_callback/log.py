"""Log lines: one JSON object each, with the fields that make a job traceable.

A task token is a secret: only its fingerprint is ever logged.
"""

import hashlib
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_logger = logging.getLogger("sfn_callback")
_encode = json.JSONEncoder(default=str).encode


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return _encode(line)


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


def fingerprint(token: str) -> str:
    """Return the first 8 hex digits of the token's SHA-256: enough to match lines, useless to a thief."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()[:8]


def info(message: str, **fields: object) -> None:
    """Log something that went as it should."""
    _logger.info(message, extra={"fields": fields})


def warning(message: str, **fields: object) -> None:
    """Log something that was left alone or healed, and that somebody may want to know."""
    _logger.warning(message, extra={"fields": fields})


def error(message: str, **fields: object) -> None:
    """Log something that needs a person, or a later round, to put right."""
    _logger.error(message, extra={"fields": fields})
