"""A program's answer to an approval: JSON, signed where a secret is set, and checked by a schema where there is one.

The signature is the header ``x-signature-256: sha256=<hex>``: the HMAC-SHA256 of the raw body under the secret.
"""

import hashlib
import hmac
import json
import time
from functools import lru_cache
from typing import Any, NoReturn

from sfn_callback import log, resume, settings, timestamps, validation
from sfn_callback.approvals import schema
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.store import Approval
from sfn_callback.aws import clients
from sfn_callback.errors import AnswerRefused, OutputInvalid
from sfn_callback.log_events import LogEvent

HEADER = "x-signature-256"
_KEPT_SECONDS = 300
"""So long is the secret used before it is read again: a new one counts after five minutes."""


def decision(approval: Approval, body: bytes, signature: str, principal: str | None = None) -> Decision:
    """Return the decision that a body makes: it becomes the waiting state's output.

    Raises:
        AnswerRefused: no webhook is awaited (415), the signature is wrong (401), the body is not JSON (400), nested too
            deep (400), too large (413), or not what the schema describes (422).
    """
    if not approval.request.takes_webhook:
        raise AnswerRefused(415, 'Answer this approval on its page. Only an approval with a "webhook" takes JSON.')
    _check_signature(body, signature)
    content = _content(body)
    if reasons := _reasons(approval, content):
        raise AnswerRefused(422, "The body does not match the approval's schema.", *reasons)
    return Decision(time=timestamps.now(), output=content, principal=principal, webhook=True)


def _reasons(approval: Approval, content: Any) -> list[str]:
    wanted = approval.request.schema
    try:
        return [] if wanted is None else schema.problems(wanted, content)
    except Exception as error:
        log.write(LogEvent.WEBHOOK_NOT_CHECKED, approval=approval.mark, problem=type(error).__name__)
        return ["the schema cannot check it"]


def _check_signature(body: bytes, signature: str) -> None:
    arn = settings.current().webhook_secret
    if not arn:
        return
    expected = "sha256=" + hmac.new(_secret(arn, int(time.time()) // _KEPT_SECONDS), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise AnswerRefused(
            401,
            f"The header {HEADER} must be sha256= followed by the body's HMAC-SHA256 with the shared secret, in hex.",
        )


@clients.resettable
@lru_cache(maxsize=1)
def _secret(arn: str, _period: int) -> bytes:
    secret = clients.secrets().get_secret_value(SecretId=arn)
    return secret["SecretString"].encode() if "SecretString" in secret else secret["SecretBinary"]


def _content(body: bytes) -> Any:
    try:
        content = json.loads(body, parse_constant=_refuse_constant, parse_int=_number)
        size = len(resume.encoded(content))
    except (ValueError, OverflowError, RecursionError, OutputInvalid):
        raise AnswerRefused(400, "The body must be JSON.") from None
    if validation.too_deep(content):
        raise AnswerRefused(400, f"The body is nested more than {validation.MAX_DEPTH} levels deep.")
    if size > resume.MAX_OUTPUT:
        raise AnswerRefused(413, f"The body has {size:,} bytes as JSON; at most {resume.MAX_OUTPUT:,} are allowed.")
    return content


def _number(digits: str) -> int:
    number = int(digits)
    # Refuse numbers that no double can hold, such as 1e999: neither a schema nor a reader of the output could use them.
    float(number)
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
