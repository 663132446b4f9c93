"""A program's answer to an approval: JSON, signed where a secret is set, and checked by a schema where there is one.

The signature is the header ``x-signature-256: sha256=<hex>``: the HMAC-SHA256 of the raw body under the secret.
"""

import hashlib
import hmac
import json
import time
from functools import lru_cache
from typing import Any, NoReturn

from sfn_callback import approval, clients, given, log, resume, settings
from sfn_callback.approval import Decision, Question
from sfn_callback.errors import AnswerRefused, InputInvalid, OutputInvalid

HEADER = "x-signature-256"
_MAX_REASONS = 100
_KEPT_SECONDS = 300
"""So long is the secret used before it is read again: a new one counts after five minutes."""


def decision(asked: Question, body: bytes, signature: str, principal: str | None = None) -> Decision:
    """Return the decision that a body makes: it becomes the waiting state's output.

    Raises:
        AnswerRefused: no webhook is awaited (415), the signature is wrong (401), the body is not JSON (400), nested too
            deep (400), too large (413), or not what the schema describes (422).
    """
    if not asked.takes_webhook:
        raise AnswerRefused(
            415, 'This approval is answered on its page. One that is asked with a "webhook" takes JSON.'
        )
    _check_signature(body, signature)
    content = _content(body)
    if asked.schema is not None:
        _check(content, asked.schema)
    return Decision(time=approval.now(), output=content, principal=principal, webhook=True)


def check_schema(schema: dict[str, Any] | None) -> None:
    """Check that bodies can be checked.

    Raises:
        InputInvalid: the schema is none, or the package cannot check it.
    """
    if schema is not None:
        _validator(json.dumps(schema))


def _check_signature(body: bytes, signature: str) -> None:
    arn = settings.current().webhook_secret
    if not arn:
        return
    expected = "sha256=" + hmac.new(_secret(arn, int(time.time()) // _KEPT_SECONDS), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise AnswerRefused(
            401, f"The header {HEADER} must be sha256= and the body's HMAC-SHA256, in hex, under the shared secret."
        )


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
    if given.too_deep(content):
        raise AnswerRefused(400, f"The body has arrays and objects in one another, more than {given.MAX_DEPTH} deep.")
    if size > resume.MAX_OUTPUT:
        raise AnswerRefused(413, f"The body has {size:,} bytes as JSON; at most {resume.MAX_OUTPUT:,} are taken.")
    return content


def _number(digits: str) -> int:
    number = int(digits)
    # One that no double holds is refused, as 1e999 is: neither a schema nor who reads the output could count with it.
    float(number)
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check(content: Any, schema: dict[str, Any]) -> None:
    from fastjsonschema import JsonSchemaValuesException

    text = json.dumps(schema)
    try:
        _validator(text)(content)
    except JsonSchemaValuesException as problems:
        # Of what is wrong with each of many rows, the first hundred.
        reasons = [_in_words_of(text, problem) for problem in problems.errors[:_MAX_REASONS]]
    except Exception as problem:
        # A schema can also ask for what cannot be done, such as a multiple of 0.
        log.error("webhook's body could not be checked", problem=type(problem).__name__)
        reasons = ["the schema cannot check it"]
    else:
        return
    raise AnswerRefused(422, "The body is not what the approval's schema describes.", *reasons)


def _in_words_of(schema: str, problem: Any) -> str:
    # What the sender has named is not sent back.
    named = problem.rule == "additionalProperties" or any(part not in schema for part in problem.path[1:])
    return f"{problem.rule} is not satisfied" if named else str(problem.message)


@lru_cache(maxsize=16)
def _validator(schema: str) -> Any:
    try:
        import fastjsonschema
    except ImportError:
        raise InputInvalid(
            "A webhook's \"schema\" needs fastjsonschema, which the module's own package has not: build one with"
            " pip install --target build --no-deps ./lambda_src 'fastjsonschema>=2.22', and name it in the variable"
            " `package`."
        ) from None
    nowhere = dict.fromkeys(("", "data", "file", "ftp", "http", "https"), _refuse_reference)
    try:
        return fastjsonschema.compile(json.loads(schema), handlers=nowhere, use_default=False, fast_fail=False)
    except InputInvalid:
        raise
    except Exception as problem:
        # Not all that it raises is an error of its own, such as one in a pattern.
        raise InputInvalid(f'The webhook\'s "schema" is no JSON Schema: {problem}.') from None


def _refuse_reference(uri: str) -> NoReturn:
    raise InputInvalid(f'The webhook\'s "schema" refers to {uri}; put what it refers to into the schema itself.')
