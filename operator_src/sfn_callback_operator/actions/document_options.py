"""The values of ``--option``: ``name=text``, or ``name:=JSON`` if they become part of an execution's input."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sfn_callback.contract import About, Source
from sfn_callback.documents import events, metadata
from sfn_callback.documents.events import DocumentAt
from sfn_callback.errors import InputInvalid
from sfn_callback_operator.errors import USAGE, OperatorError

_OPTION = re.compile(r"([^=:]+)(:?)=(.*)", re.DOTALL)
_NAME = re.compile("[a-z0-9][a-z0-9_-]*")
_SOME_VERSION = "0" * 32


def for_input(given: Sequence[str]) -> dict[str, Any]:
    """Return the options of an execution's input.

    Raises:
        OperatorError: one cannot be read.
    """
    return {name: _json(name, value) if is_json else value for name, is_json, value in _read(given)}


def for_file(given: Sequence[str]) -> dict[str, str]:
    """Return the options of an uploaded file as strings, which its metadata keeps; errors as :func:`for_input`."""
    options = {}
    for name, is_json, value in _read(given):
        _expect_kept(name, is_json, value)
        options[name] = value
    return options


def checked(at: DocumentAt, texts: dict[str, str] | None = None) -> dict[str, str]:
    """Return the user metadata of a file with these texts, if every chunk of that document can carry its options.

    Raises:
        OperatorError: they are too large.
    """
    carried = texts or at.options
    try:
        events.document(at.as_input())
        metadata.of_chunk(About(Source(at.bucket, at.key, at.version or _SOME_VERSION), carried))
        return metadata.encode(texts or {})
    except InputInvalid as error:
        raise OperatorError(str(error), USAGE) from None


def _read(given: Sequence[str]) -> Iterator[tuple[str, bool, str]]:
    names: set[str] = set()
    for option in given:
        parts = _OPTION.fullmatch(option)
        if not parts:
            raise OperatorError(f"--option {option!r} is not valid: write NAME=TEXT or NAME:=JSON.", USAGE)
        if parts[1] in names:
            raise OperatorError(f"--option {parts[1]} is given twice: leave one of them out.", USAGE)
        names.add(parts[1])
        yield parts[1], bool(parts[2]), parts[3]


def _expect_kept(name: str, is_json: bool, value: str) -> None:
    """Refuse options that S3 would change.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
    """
    if is_json:
        raise OperatorError(f"S3 keeps the options of a file as strings: write {name}={value} instead of :=.", USAGE)
    if not _NAME.fullmatch(name):
        allowed = "a-z, 0-9, '_' and '-', beginning with a letter or a digit"
        raise OperatorError(f"S3 would change the option name {name!r}: use {allowed}.", USAGE)
    if not value:
        raise OperatorError(f"--option {name} is empty, which S3 does not keep: give it a value.", USAGE)


def _json(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise OperatorError(f"--option {name} is not JSON: {error}. Write {name}= for a string.", USAGE) from None
