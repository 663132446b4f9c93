"""MiniStack's task tokens, made as AWS has them.

- A function that fails while a state waits for its token fails the state. MiniStack lets it wait.
- A token takes one answer, and a later one is ``TaskTimedOut``:
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html. MiniStack lets the last of
  two win, and answers ``TaskDoesNotExist`` afterwards. So it is where the execution was stopped, of which there is no
  recording: MiniStack takes the answer, and a failure makes ABORTED FAILED.
- What never was a token is an ``InvalidToken``: recorded on AWS on 2025-11-06,
  ``test_sfn_send_task_outcome_with_no_such_token`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/services/test_aws_sdk_task_service.snapshot.json.
  MiniStack answers ``TaskDoesNotExist``.
- A wait ends when ``HeartbeatSeconds`` have passed without a heartbeat, as after ``TimeoutSeconds``: with
  ``States.Timeout``, and without a cause: ``test_heartbeats.py`` and ``test_sqs_wait_for_task_token_timeout`` there
  (2024-04-18). MiniStack knows no heartbeats, and has a cause.
- A failure needs neither error nor cause: ``test_sqs_failure_in_wait_for_task_tok_no_error_field`` there (2024-04-29).
  MiniStack makes some up.
- What is too long is refused, measured for a cause on 2018-10-18: https://github.com/irothschild/stefuna/pull/8; the
  limits are those of botocore's model. An output that is no JSON is, too:
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html. MiniStack takes both.
"""

import contextvars
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

from emulator.ministack_histories import MAX_BYTES, UNTOLD, Ended, running
from emulator.patches import replace, theirs

Data = dict[str, Any]
Wait = dict[str, Any]

_LIMITS = {"taskToken": 2_048, "output": MAX_BYTES, "error": 256, "cause": 32_768}

_CLOSED = "Task Timed Out: 'Provided task does not exist anymore'"

_answering = threading.Lock()
_tokens: set[str] = set()

_invoke_with_timeout = theirs(stepfunctions, "_invoke_resource_with_timeout")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(stepfunctions, "_invoke_with_callback", _wait_for_answer)
    replace(stepfunctions, "_invoke_resource_with_timeout", _invoke_without_a_cause)
    replace(stepfunctions, "_send_task_success", taken_by(_succeed))
    replace(stepfunctions, "_send_task_failure", taken_by(_fail))
    replace(stepfunctions, "_send_task_heartbeat", taken_by(_hear))


def taken_by(send: Callable[[Wait, Data], None]) -> Callable[[Data], Any]:
    """Return the answer to a request that does that with the wait of its token, if somebody waits."""

    def answer(data: Data) -> Any:
        if refused := _refused(data):
            return refused
        with _answering:
            wait = stepfunctions._task_tokens.get(data["taskToken"])
            if wait is None and data["taskToken"] not in _tokens:
                return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)
            if wait is None or not _is_open(wait):
                return error_response_json("TaskTimedOut", _CLOSED, 400)
            send(wait, data)
        return json_response({})

    return answer


def wake(execution: Any) -> None:
    """Let those who wait in an execution see that it has ended."""
    for wait in list(stepfunctions._task_tokens.values()):
        if wait.get("execution") is execution:
            wait["event"].set()


def too_long(name: str, limit: int) -> Any:
    """Return what is answered where a text has more characters than that."""
    said = f"Value at '{name}' failed to satisfy constraint: Member must have length less than or equal to {limit}"
    return error_response_json("ValidationException", f"1 validation error detected: {said}", 400)


def _is_open(wait: Wait) -> bool:
    stopped = "execution" in wait and wait["execution"]["status"] != "RUNNING"
    return not stopped and not wait["event"].is_set()


def _refused(data: Data) -> Any:
    for name, limit in _LIMITS.items():
        text = data.get(name) or ""
        # The model counts characters, and the quota of what is worked on bytes.
        if len(text.encode() if name == "output" else text) > limit:
            return too_long(name, limit)
    try:
        json.loads(data.get("output", "{}"))
    except ValueError:
        return error_response_json("InvalidOutput", "Invalid Output: 'Invalid JSON'", 400)
    return None


def _succeed(wait: Wait, data: Data) -> None:
    wait["result"] = data["output"]
    wait["event"].set()


def _fail(wait: Wait, data: Data) -> None:
    wait["error"] = {"Error": data.get("error"), "Cause": data.get("cause")}
    wait["event"].set()


def _hear(wait: Wait, _: Data) -> None:
    wait["heard"] = time.monotonic()


def _wait_for_answer(resource: str, input_data: Any, token: str, state_def: Any) -> Any:
    wait: Wait = {"event": threading.Event(), "result": None, "error": None, "execution": running()}
    wait["heard"] = began = time.monotonic()
    _tokens.add(token)
    stepfunctions._task_tokens[token] = wait
    handing_over = threading.Thread(
        target=contextvars.copy_context().run, args=(_hand_over, resource, input_data, wait), daemon=True
    )
    handing_over.start()
    _await(wait, began + _seconds(state_def, "TimeoutSeconds"), _seconds(state_def, "HeartbeatSeconds"))
    with _answering:
        stepfunctions._task_tokens.pop(token, None)
        wait["answered"] = wait["event"].is_set()
    if wait["execution"]["status"] != "RUNNING":
        raise Ended
    if wait["answered"]:
        # That it was handed over stands in the history before its answer.
        handing_over.join()
    return _outcome(wait)


def _seconds(state_def: Any, name: str) -> float:
    return float(state_def.get(name) or "inf")


def _hand_over(resource: str, input_data: Any, wait: Wait) -> None:
    try:
        sent = stepfunctions._invoke_resource(resource.replace(".waitForTaskToken", ""), input_data)
    except Exception as error:
        failure = {"error": getattr(error, "error", "States.Runtime"), "cause": getattr(error, "cause", str(error))}
        with _answering:
            if _is_open(wait):
                _fail(wait, failure)
        return
    with _answering, suppress(Ended):
        if wait.get("answered", True):
            details = {"taskSubmittedEventDetails": {"output": json.dumps(sent)}}
            stepfunctions._add_event(wait["execution"], "TaskSubmitted", details)


def _await(wait: Wait, deadline: float, heartbeat_seconds: float) -> None:
    """Return when the wait has its answer, or has had none for too long."""
    while not wait["event"].is_set():
        left = min(deadline, wait["heard"] + heartbeat_seconds) - time.monotonic()
        if left <= 0:
            return
        wait["event"].wait(min(left, threading.TIMEOUT_MAX))


def _outcome(wait: Wait) -> Any:
    if not wait["answered"]:
        raise stepfunctions._ExecutionError("States.Timeout", UNTOLD)
    if wait["error"]:
        raise stepfunctions._ExecutionError(wait["error"]["Error"], wait["error"]["Cause"])
    return json.loads(wait["result"])


def _invoke_without_a_cause(resource: str, input_data: Any, timeout: Any) -> Any:
    try:
        return _invoke_with_timeout(resource, input_data, timeout)
    except stepfunctions._ExecutionError as error:
        if (error.error, error.cause) == ("States.Timeout", f"Task timed out after {timeout} seconds"):
            raise stepfunctions._ExecutionError("States.Timeout", UNTOLD) from None
        raise
