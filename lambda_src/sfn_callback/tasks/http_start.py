"""``GET /start``: an execution of the direct workflow by HTTP, for those who may sign the request.

The query is the execution's input. Its values are strings, so that ``version=1.10`` and ``sha=6102e71`` stay as they
are; a value whose name ends in ``.json`` is JSON: ``seed.json=1`` makes ``{"seed": 1}``. Such a name needs no escaping,
which breaks signatures.

With the header ``idempotency-key``, repeating a request starts nothing: the execution's name is made of key and input,
and Step Functions keeps names for 90 days after their executions.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import hashlib
import json
import math
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from botocore.exceptions import ClientError

from sfn_callback import log, settings, validation
from sfn_callback.aws import clients, function_url
from sfn_callback.aws.function_url import Request, Response
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent

_REFUSED = ("InvalidExecutionInput", "ValidationException")
"""What AWS says of an input."""

_KEY = "idempotency-key"
_JSON = ".json"


def respond(request: Request) -> Response:
    """Start an execution with the query as its input; return 202 and ``{"execution": ARN}``."""
    if request.path != "/start":
        return function_url.as_json(404, {"error": "The only path is /start."})
    if request.method != "GET":
        return function_url.as_json(405, {"error": "Start an execution with GET."}).having(allow="GET")
    try:
        return _start(task(request.query), request.headers.get(_KEY))
    except InputInvalid as error:
        return function_url.as_json(400, {"error": str(error)})
    except clients.ERRORS as error:
        log.write(LogEvent.EXECUTION_NOT_STARTED, problem=clients.described(error))
        body = {"error": "The execution could not be started now. Try again in a moment."}
        return function_url.as_json(503, body).having(retry_after=str(function_url.RETRY_SECONDS))


def _start(content: dict[str, Any], key: str | None) -> Response:
    machine = settings.current().direct_machine_arn
    name: dict[str, Any] = {} if key is None else {"name": _name(key, content)}
    try:
        started = clients.stepfunctions().start_execution(stateMachineArn=machine, input=json.dumps(content), **name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSED:
            raise InputInvalid("Step Functions rejected the query as an input.") from None
        if code != "ExecutionAlreadyExists" or not name:
            raise
        # It has ended; while it runs, Step Functions itself answers as if it had been started now.
        existing = f"{machine.replace(':stateMachine:', ':execution:')}:{name['name']}"
        return _started(LogEvent.EXECUTION_EXISTS, existing)
    return _started(LogEvent.EXECUTION_STARTED, started["executionArn"])


def _started(event: LogEvent, execution: str) -> Response:
    log.write(event, execution=execution.rpartition(":")[2])
    return function_url.as_json(202, {"execution": execution})


def _name(key: str, content: dict[str, Any]) -> str:
    if not key.strip():
        raise InputInvalid(f"The header {_KEY} is empty: give it a unique value for each execution, or leave it out.")
    identity = json.dumps([key, content], sort_keys=True)
    return f"http-{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def task(query: str) -> dict[str, Any]:
    """Read a task from a query: texts, and JSON where a name ends in ``.json``.

    Raises:
        InputInvalid: a name comes twice, there are too many, or a ``.json`` value is not JSON.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise InputInvalid("The query has more than 100 fields.") from None
    fields = {name.removesuffix(_JSON): _json(text) if name.endswith(_JSON) else text for name, text in pairs}
    if len(fields) < len(pairs):
        raise InputInvalid("The query has the same name more than once.")
    return fields


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_number)
    except (ValueError, RecursionError):
        raise InputInvalid("A field whose name ends in .json must have JSON as its value.") from None
    if validation.too_deep(value):
        raise InputInvalid(f"A field is nested more than {validation.MAX_DEPTH} levels deep.")
    return value


def _number(text: str) -> float:
    # 1e999 is JSON, but no number that can be written again.
    return float(text) if math.isfinite(float(text)) else _refuse(text)


def _refuse(_: str) -> NoReturn:
    raise ValueError
