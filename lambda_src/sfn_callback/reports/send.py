"""Reports from Python: from any machine that may invoke the deployment's function ``report``."""

import base64
import json
import os
from typing import Any

from sfn_callback import errors
from sfn_callback.aws import clients
from sfn_callback.errors import ReportError, ReportInvalid, ReportUnavailable
from sfn_callback.reports.report import MAX_BYTES
from sfn_callback.settings import PREFIX

FUNCTION = f"{PREFIX}REPORT_FUNCTION"


def report(token: str, *, function: str = "", result: bytes | str | None = None, **said: Any) -> str:
    """Report a chunk by its token: give one of ``result``, ``result_at``, ``error`` and ``heartbeat``.

    Args:
        token: what the workload's ``chunk.token`` was.
        function: the ARN, or the name, of the function ``report``: the module's output ``reports.function_arn``. The
            default is the environment variable ``SFN_CALLBACK_REPORT_FUNCTION``.
        result: the chunk's result.
        said: ``result_at={"bucket": …, "key": …}``, ``error="Name", cause="…"`` or ``heartbeat=True``; and
            ``content_type`` beside a result.

    Returns:
        ``recorded``; ``heard`` for a heartbeat; ``contradicts`` if another outcome was first and counts; ``ended`` if
        nothing waits for the chunk any more, so that no more work is needed.

    Raises:
        ReportError: it cannot be accepted as it is; if its ``retry`` is true, send it again.
        ClientError: AWS refuses to invoke the function.
    """
    payload = _json({"token": token, **_encoded(result), **said})
    if len(payload) > MAX_BYTES:
        raise ReportInvalid(
            f"The report has {len(payload):,} bytes of JSON, and Lambda takes at most {MAX_BYTES:,}. Put the"
            " result on S3, and report its location (result_at)."
        )
    name = function or os.environ.get(FUNCTION, "")
    if not name:
        raise ReportInvalid(
            f"Name the function that takes reports: pass function=, or set the environment variable {FUNCTION}."
        )
    answer = clients.functions().invoke(FunctionName=name, Payload=payload)
    said_back = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise _error(said_back)
    return str(said_back["report"])


def _encoded(result: bytes | str | None) -> dict[str, str]:
    if result is None:
        return {}
    if isinstance(result, str):
        return {"result": result}
    return {"result_base64": base64.b64encode(result).decode()}


def _json(report: dict[str, Any]) -> bytes:
    try:
        # Escaped characters would be twice as long, or longer.
        return json.dumps(report, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ReportInvalid("The report contains half of a surrogate pair, which is not a character.") from None


def _error(said: dict[str, Any]) -> ReportError:
    kind = getattr(errors, str(said.get("errorType")), None)
    message = str(said.get("errorMessage") or "The function `report` failed; its log says why.")
    return kind(message) if isinstance(kind, type) and issubclass(kind, ReportError) else ReportUnavailable(message)
