"""Why something failed, in words, without the wrapping of Step Functions and Lambda.

A function's error comes as ``{"errorMessage": …, "errorType": …, "stackTrace": […]}``, what a state caught as
``{"Error": …, "Cause": …}``, and one may be inside the other:
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_DEEPEST = 8
_CUT = re.compile(r'\s*\{.*?"errorMessage"\s*:\s*("(?:[^"\\]|\\.)*"?)', re.DOTALL)
"""A function's error of which the end is missing: a cause has 32,768 characters at most, and a traceback may be long.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
"""


def sentence(error: str | None, cause: str | None) -> str:
    """Return an error's name and cause as one text, such as ``ValueError: no digit``; ``""`` if both are missing.

    Both may be missing, null or empty, as ``SendTaskFailure`` needs neither.
    """
    return _joined(error, plain(cause))


def plain(cause: str | None) -> str:
    """Return a cause without its wrapping; unchanged if the wrapping is unknown."""
    return _plain(cause or "", _DEEPEST)


def _plain(cause: str, deeper: int) -> str:
    wrapped = _wrapped(cause)
    if wrapped is None or not deeper:
        return cause.strip()
    if isinstance(message := wrapped.get("errorMessage"), str):
        return _plain(message, deeper - 1) or _text(wrapped.get("errorType"))
    sentence = _joined(_text(wrapped.get("Error")), _plain(_text(wrapped.get("Cause")), deeper - 1))
    return sentence + _report(wrapped.get("Report"))


def _wrapped(cause: str) -> Mapping[str, Any] | None:
    try:
        content = json.loads(cause)
    except (ValueError, RecursionError):
        return _beginning(cause)
    known = isinstance(content, dict) and (
        "Error" in content or "Cause" in content or isinstance(content.get("errorMessage"), str)
    )
    return content if known else None


def _beginning(cause: str) -> Mapping[str, Any] | None:
    cut = _CUT.match(cause)
    if cut is None:
        return None
    text = cut[1] if cut[1].endswith('"') and len(cut[1]) > 1 else re.sub(r"\\u?[0-9a-fA-F]{0,3}$", "", cut[1]) + '"'
    try:
        message: str = json.loads(text, strict=False)
    except ValueError:
        return None
    # A pair of surrogates may have been cut in two.
    return {"errorMessage": message.encode(errors="ignore").decode()}


def _joined(error: str | None, cause: str) -> str:
    name = (error or "").strip()
    if not name or not cause or cause == name or cause.startswith(f"{name}: "):
        return cause or name
    return f"{name}: {cause}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _report(report: object) -> str:
    """Return the place of the documents workflow's report."""
    if not isinstance(report, dict) or not report.get("key"):
        return ""
    return f" (its report: s3://{report.get('bucket')}/{report['key']})"
