"""``GET /start``: an execution of the direct workflow by HTTP, for those who may sign the request."""

import json
from typing import Any
from urllib.parse import parse_qsl

from sfn_callback import clients, log, settings, web
from sfn_callback.errors import InputInvalid
from sfn_callback.web import Request, Response


def respond(request: Request) -> Response:
    """Start an execution with the query as its input; return 202 and ``{"execution": ARN}``."""
    if request.path != "/start":
        return web.as_json(404, {"error": "There is only /start."})
    if request.method != "GET":
        return web.as_json(405, {"error": "An execution is started by GET."}, allow="GET")
    try:
        given = task(request.query)
    except InputInvalid as problem:
        return web.as_json(400, {"error": str(problem)})
    machine = settings.current().direct_machine_arn
    arn = clients.stepfunctions().start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    log.info("execution started", execution=arn)
    return web.as_json(202, {"execution": arn})


def task(query: str) -> dict[str, Any]:
    """Read a task from a query: numbers and ``true``, ``false``, ``null`` are JSON's, all else is text.

    Raises:
        InputInvalid: a name comes twice, or there are too many.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise InputInvalid("The query has more than 100 fields.") from None
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputInvalid(f"The query has more than one value for {', '.join(twice)}.")
    return {name: _value(text) for name, text in pairs}


def _value(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=lambda _: text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, dict | list) else value
