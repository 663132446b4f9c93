"""Spans of time as an operator writes them: how long ago, or since when."""

import re
from datetime import UTC, datetime, timedelta

from sfn_callback_operator.errors import USAGE, OperatorError

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_SPAN = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def since(text: str) -> datetime:
    """Return the start of a span until now, such as ``90m`` or ``1d12h``, or the moment that the text names.

    A moment without a time zone is in UTC.

    Raises:
        OperatorError: it is neither.
    """
    try:
        if _SPAN.fullmatch(text):
            seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
            return datetime.now(UTC) - timedelta(seconds=seconds)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        says = "write how long ago (90m, 1d12h) or a time (2026-01-31, 2026-01-31T23:59Z)"
        raise OperatorError(f"--since {text!r} is not a time: {says}.", USAGE) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
