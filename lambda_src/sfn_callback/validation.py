"""Checks of outside data: it is read, or refused by an error that says what to change and shows no secret.

A task token may come where it does not belong, in another field or for a name, so nothing long is quoted.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sfn_callback.errors import InputInvalid

Event = Mapping[str, Any]

MAX_SHOWN = 40
"""Characters that are quoted of a text: a mistyped name is shorter, and a task token is longer."""
MAX_DEPTH = 100
"""Arrays and objects in one another, where they are kept to be read again. Python's own limit is near 500."""

# What botocore takes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html has less, but old
# buckets have more.
_BUCKET = re.compile(r"[a-zA-Z0-9._-]{1,255}")
_KINDS = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def fields(what: str, value: object) -> Mapping[str, Any]:
    """Return an object; ``what`` it should be is named in the error.

    Raises:
        InputInvalid: it is something else.
    """
    if not isinstance(value, dict):
        raise InputInvalid(f"{what} must be a JSON object, not {kind(value)}.")
    return value


def text(event: Mapping[str, Any], name: str) -> str:
    """Return a field that is a non-empty string.

    Raises:
        InputInvalid: it is missing, empty or something else.
    """
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InputInvalid(f"{name!r} must be a non-empty string{instead(event, name)}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON may escape half of a surrogate pair, which is not a character, so that no request could carry it.
        raise InputInvalid(f"{name!r} contains half of a surrogate pair: write its characters as UTF-8.") from None
    return value


def text_or(fields: Event, name: str, otherwise: str) -> str:
    """Return a field that is a string, or something else if it is not."""
    value = fields.get(name)
    return value if isinstance(value, str) else otherwise


def bucket(event: Mapping[str, Any], name: str = "bucket") -> str:
    """Return a field that is the name of a bucket, and not an ARN; errors as :func:`text`."""
    value = text(event, name)
    if not _BUCKET.fullmatch(value):
        raise InputInvalid(
            f"{name!r} must be a bucket name, without arn:aws:s3::: or s3:// before it{instead(event, name)}."
        )
    return value


def number(event: Mapping[str, Any], name: str) -> int:
    """Return a field that is a non-negative integer; errors as :func:`text`."""
    value = event.get(name)
    # JSON numbers may have passed through a state machine as 3.0.
    if isinstance(value, bool) or not isinstance(value, int | float) or not (value >= 0 and value % 1 == 0):
        raise InputInvalid(f"{name!r} must be a non-negative integer{instead(event, name)}.")
    return int(value)


def instead(event: Mapping[str, Any], name: str) -> str:
    """Return the end of an error's sentence: what the field has instead."""
    if name not in event:
        return ", and is missing"
    return f", not {shown(event[name])}"


def shown(value: object) -> str:
    """Return a value as an error may quote it: a long value may be a secret, so only its kind is named."""
    if isinstance(value, dict | list):
        return kind(value)
    quoted = json.dumps(value)
    return quoted if len(quoted) <= MAX_SHOWN else f"a value of {len(quoted):,} characters"


def kind(value: object) -> str:
    """Return the name of a value's JSON type."""
    return _KINDS.get(type(value), "a number")


def shape(event: object) -> str:
    """Return an event's shape as an error may quote it: the names of its fields, or its type."""
    return f"its fields are {names(event)}" if isinstance(event, Mapping) else f"it is {kind(event)}"


def names(fields: Iterable[str]) -> str:
    """Return names as an error may quote them."""
    return f"[{', '.join(repr(name) if len(name) <= MAX_SHOWN else '…' for name in sorted(fields))}]"


def too_deep(value: object) -> bool:
    """Return whether arrays and objects are nested deeper than :data:`MAX_DEPTH`."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
    return any(isinstance(inner, dict | list) for inner in level)


def _inside(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
