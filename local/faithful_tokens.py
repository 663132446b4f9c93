"""MiniStack's task tokens, made as AWS has them.

- A function that fails while a state waits for its token fails the state. MiniStack lets it wait.
- A token takes one answer, and a later one is ``TaskTimedOut``:
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html. MiniStack lets the last of
  two win, and answers ``TaskDoesNotExist`` afterwards.
"""

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

from local.faithful import replace, theirs

Send = Callable[[dict[str, Any]], Any]

_waits_under: ContextVar[str | None] = ContextVar("waits_under", default=None)
_answering = threading.Lock()
_tokens: set[str] = set()

_call_function = theirs(stepfunctions, "_call_lambda")
_wait_for_answer = theirs(stepfunctions, "_invoke_with_callback")


def install() -> None:
    """Put this in MiniStack's place."""
    replace(stepfunctions, "_call_lambda", _call_as_waiting)
    replace(stepfunctions, "_invoke_with_callback", _noted_wait)
    for send in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        replace(stepfunctions, send, once(theirs(stepfunctions, send)))


def once(send: Send) -> Send:
    """Return ``send`` as it is for a token that takes one answer."""

    def answer(data: dict[str, Any]) -> Any:
        token = data.get("taskToken")
        with _answering:
            waiting = stepfunctions._task_tokens.get(token)
            if token in _tokens and (waiting is None or waiting["event"].is_set()):
                return error_response_json("TaskTimedOut", "Provided task does not exist anymore", 400)
            return send(data)

    return answer


def _noted_wait(resource: str, given: Any, token: str, state: dict[str, Any]) -> Any:
    _tokens.add(token)
    marked = _waits_under.set(token)
    try:
        return _wait_for_answer(resource, given, token, state)
    finally:
        _waits_under.reset(marked)


def _call_as_waiting(function: str, event: Any) -> Any:
    try:
        return _call_function(function, event)
    except stepfunctions._ExecutionError as problem:
        if token := _waits_under.get():
            stepfunctions._send_task_failure({"taskToken": token, "error": problem.error, "cause": problem.cause})
        raise
