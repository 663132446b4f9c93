"""``GET /start``: an execution of the direct workflow by HTTP, for those who may sign the request."""

import json
import math
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import ClientError

from sfn_callback import clients, log, settings, web
from sfn_callback.errors import InputInvalid
from sfn_callback.web import Request, Response

_REFUSED = ("InvalidExecutionInput", "ValidationException")
"""What AWS says of an input: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html"""


def respond(request: Request) -> Response:
    """Start an execution with the query as its input; return 202 and ``{"execution": ARN}``."""
    if request.path != "/start":
        return web.as_json(404, {"error": "There is only /start."})
    if request.method != "GET":
        return web.as_json(405, {"error": "An execution is started by GET."}).having(allow="GET")
    try:
        return _start(task(request.query))
    except InputInvalid as problem:
        return web.as_json(400, {"error": str(problem)})
    except clients.ERRORS as problem:
        log.error("execution not started", problem=clients.described(problem))
        said = {"error": "No execution could be started now. Try again in a moment."}
        return web.as_json(503, said).having(retry_after=str(web.RETRY_SECONDS))


def _start(given: dict[str, Any]) -> Response:
    machine = settings.current().direct_machine_arn
    try:
        started = clients.stepfunctions().start_execution(stateMachineArn=machine, input=json.dumps(given))
    except ClientError as problem:
        if problem.response["Error"]["Code"] in _REFUSED:
            raise InputInvalid("Step Functions does not take the query as an input.") from None
        raise
    log.info("execution started", execution=started["executionArn"])
    return web.as_json(202, {"execution": started["executionArn"]})


def task(query: str) -> dict[str, Any]:
    """Read a task from a query: numbers and ``true``, ``false``, ``null`` are JSON's, all else is text.

    Raises:
        InputInvalid: a name comes twice, or there are too many.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise InputInvalid("The query has more than 100 fields.") from None
    if len(dict(pairs)) < len(pairs):
        raise InputInvalid("The query has more than one value for a name.")
    return {name: _value(text) for name, text in pairs}


def _value(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=lambda _: text)
    except (ValueError, RecursionError):
        return text
    # 1e999 is JSON, but no number that can be written again.
    return text if isinstance(value, dict | list) or value in (math.inf, -math.inf) else value
