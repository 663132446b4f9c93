"""Reports as values: any unknown shape is refused here, by name."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_callback import validation
from sfn_callback.errors import InputInvalid, ReportInvalid

MAX_BYTES = 6_291_456
"""Of JSON. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: an invocation's payload."""

_SAYS = ("result", "result_base64", "result_at", "error", "heartbeat")
_BESIDE = {"content_type": ("result", "result_base64"), "cause": ("error",)}
"""With what a field may come."""
_MEDIA_TYPE = re.compile("[!-~](?:[ -~]{0,254}[!-~])?")
"""What a header takes: it becomes one of PutObject's."""


@dataclass(frozen=True, slots=True)
class ResultAt:
    """The place of a result; ``version`` is the object's version id, if one is named."""

    bucket: str
    key: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A chunk's report: a ``result`` or its place, an ``error``, or a ``heartbeat`` (work goes on)."""

    token: str = field(repr=False)
    result: bytes | None = None
    content_type: str = ""
    result_at: ResultAt | None = None
    error: str = ""
    cause: str = ""
    heartbeat: bool = False


def parse(event: object) -> Report:
    """Read a report: ``token``, and one of ``result``, ``result_base64``, ``result_at``, ``error`` and ``heartbeat``.

    Raises:
        ReportInvalid: it has another shape; nothing long is quoted, because it may be the token.
    """
    try:
        return _report(validation.fields("A report", event))
    except InputInvalid as error:
        raise ReportInvalid(str(error)) from None


def _report(fields: Mapping[str, Any]) -> Report:
    if unknown := fields.keys() - {"token", *_SAYS, *_BESIDE}:
        raise ReportInvalid(f"A report has unknown fields: {validation.names(unknown)}.")
    token, said = validation.text(fields, "token"), [name for name in _SAYS if name in fields]
    if len(said) != 1:
        has = f"this one has {validation.names(said)}" if said else "this one has none"
        raise ReportInvalid(f"A report must have exactly one of {', '.join(_SAYS)}; {has}.")
    for name, beside in _BESIDE.items():
        if name in fields and said[0] not in beside:
            raise ReportInvalid(f"{name!r} is only allowed with {' or '.join(map(repr, beside))}.")
    return Report(token, **_SHAPES[said[0]](fields))


def _result(fields: Mapping[str, Any]) -> dict[str, Any]:
    # An empty result is a result, too.
    text = fields["result"] if fields["result"] == "" else validation.text(fields, "result")
    return {"result": text.encode(), "content_type": _content_type(fields)}


def _result_base64(fields: Mapping[str, Any]) -> dict[str, Any]:
    text = fields["result_base64"]
    try:
        result = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise ReportInvalid("'result_base64' must be base64, with its padding, and without line breaks.") from None
    return {"result": result, "content_type": _content_type(fields)}


def _content_type(fields: Mapping[str, Any]) -> str:
    text = _text_or_none(fields, "content_type")
    if text and not _MEDIA_TYPE.fullmatch(text):
        raise ReportInvalid("'content_type' must be a media type: at most 256 characters of ASCII, on one line.")
    return text


def _result_at(fields: Mapping[str, Any]) -> dict[str, Any]:
    at = validation.fields("'result_at'", fields["result_at"])
    if unknown := at.keys() - {"bucket", "key", "version"}:
        raise ReportInvalid(f"'result_at' has unknown fields: {validation.names(unknown)}.")
    version = validation.text(at, "version") if at.get("version") is not None else None
    return {"result_at": ResultAt(validation.bucket(at), validation.text(at, "key"), version)}


def _error(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": validation.text(fields, "error"), "cause": _text_or_none(fields, "cause")}


def _heartbeat(fields: Mapping[str, Any]) -> dict[str, Any]:
    if fields["heartbeat"] is not True:
        raise ReportInvalid("'heartbeat' must be true.")
    return {"heartbeat": True}


def _text_or_none(fields: Mapping[str, Any], name: str) -> str:
    return validation.text(fields, name) if fields.get(name) not in (None, "") else ""


_SHAPES = {
    "result": _result,
    "result_base64": _result_base64,
    "result_at": _result_at,
    "error": _error,
    "heartbeat": _heartbeat,
}
