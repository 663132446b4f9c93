"""MiniStack's histories, made as AWS has them.

- A task is scheduled, started and, where it waits for its token, submitted, then it succeeds, fails or times out. Each
  event names the one before it, and what was sent stands in it: recorded on AWS on 2024-04-18,
  ``test_sqs_wait_for_task_token_timeout`` and others in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/callback/test_callback.snapshot.json.
  MiniStack leaves out what was sent, who comes before, and all between schedule and end.
- What nobody said has no key, and what was stopped has no events any more: ``test_stop_execution`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/test_sfn_api.snapshot.json
  (2024-05-06). MiniStack goes on writing.
- A history has 25,000 events, of which the last is ExecutionFailed with ``States.Runtime``:
  https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, measured on AWS on 2026-08-29:
  https://github.com/floci-io/floci/issues/2734. MiniStack's has no end.
- What a state puts out has 256 KiB, and no Catch takes what is larger: recorded on AWS on 2024-03-21,
  ``test_start_large_input`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/stepfunctions/v2/error_handling/test_states_errors.snapshot.json;
  nor what is sent: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html. MiniStack takes
  any size.
"""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions

from emulator.patches import replace, theirs

Details = dict[str, Any]

MAX_BYTES = 262_144
MAX_EVENTS = 25_000
_TOO_LARGE = "The state/task {!r} returned a result with a size exceeding the maximum number of bytes service limit."
_TOO_LONG = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
_FROM_OUTSIDE = ("ExecutionAborted", "ExecutionTimedOut")
_LAST = (*_FROM_OUTSIDE, "ExecutionFailed", "ExecutionSucceeded")

_running: ContextVar[dict[str, Any]] = ContextVar("running")
_attempt: ContextVar[tuple[Mapping[str, Any], Any]] = ContextVar("attempt", default=({}, None))

_add = theirs(stepfunctions, "_add_event")
_execute_task = theirs(stepfunctions, "_execute_task")
_invoke = theirs(stepfunctions, "_invoke_resource")


class Ended(BaseException):
    """The execution has ended, whatever state this thread is still at. No Retry and no Catch takes it."""


class Untold(str):
    """The cause of a timeout: a Catch is given an empty one, and nothing else shows any."""

    __slots__ = ()


UNTOLD = Untold("")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(stepfunctions, "_add_event", _add_as_on_aws)
    replace(stepfunctions, "_execute_task", _execute_as_running)
    for name in ("_apply_parameters", "_apply_jsonata_arguments"):
        replace(stepfunctions, name, _noted(theirs(stepfunctions, name)))
    replace(stepfunctions, "_invoke_resource", _invoke_in_bounds)


def running() -> dict[str, Any]:
    """Return the execution that this thread is at a task of."""
    return _running.get()


def is_too_large(value: Any) -> bool:
    """Whether that is more than Step Functions takes."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")) > MAX_BYTES


def _execute_as_running(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
    marked = _running.set(execution)
    try:
        return _execute_task(state_def, raw_input, execution, ctx)
    finally:
        _running.reset(marked)


def _noted(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    def evaluated(state_def: Any, given: Any, ctx: Any = None) -> Any:
        _take_new_token(state_def, ctx or {})
        sent = evaluate(state_def, given, ctx)
        _attempt.set((state_def, sent))
        return sent

    return evaluated


def _take_new_token(state_def: Mapping[str, Any], ctx: dict[str, Any]) -> None:
    # Each attempt has a token of its own:
    # https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
    if ".waitForTaskToken" in state_def.get("Resource", "") and ctx["State"]["RetryCount"]:
        ctx["Task"] = {"Token": stepfunctions.new_uuid()}


def _invoke_in_bounds(resource: str, input_data: Any) -> Any:
    result = _invoke(resource, input_data)
    if is_too_large(result):
        name = _integration(resource)[0] or resource
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", _TOO_LARGE.format(name))
    return result


def _add_as_on_aws(execution: Any, event_type: str, details: Details | None = None) -> Any:
    if event_type not in _LAST:
        _check(execution, event_type, details or {})
    kind, fields = _told(event_type, details or {})
    event = _add(execution, kind, fields)
    # Whoever comes first, and what ends it from outside, follows nothing.
    first = event["id"] <= 2 or kind in _FROM_OUTSIDE
    event["previousEventId"] = 0 if first else event["id"] - 1
    if kind == "TaskScheduled" and "parameters" in fields["taskScheduledEventDetails"]:
        _add_as_on_aws(execution, "TaskStarted", {"taskStartedEventDetails": {}})
    return event


def _check(execution: Any, kind: str, details: Details) -> None:
    """End an execution that is too large or too long; nothing is added to one that has ended."""
    if execution["status"] != "RUNNING":
        raise Ended
    if len(execution["events"]) >= MAX_EVENTS - 1:
        _end(execution, "States.Runtime", _TOO_LONG)
    if kind == "TaskScheduled" and is_too_large(_attempt.get()[1]):
        _end(execution, "States.DataLimitExceeded", _TOO_LARGE.format(_state_of(execution)))
    exited = details.get("stateExitedEventDetails")
    if exited and len(exited["output"]) > MAX_BYTES and is_too_large(json.loads(exited["output"])):
        _end(execution, "States.DataLimitExceeded", _TOO_LARGE.format(exited["name"]))


def _state_of(execution: Any) -> str:
    entered = (event.get("stateEnteredEventDetails") for event in execution["events"][::-1])
    return str(next(filter(None, entered))["name"])


def _end(execution: Any, error: str, cause: str) -> None:
    stepfunctions._fail_execution(execution, error, cause)
    raise Ended


def _told(kind: str, details: Details) -> tuple[str, Details]:
    """Return an event's type and details as AWS writes them."""
    if details.get("taskFailedEventDetails", {}).get("cause") is UNTOLD:
        kind, details = "TaskTimedOut", {"taskTimedOutEventDetails": details["taskFailedEventDetails"]}
    service, action = _integration(_attempt.get()[0].get("Resource", ""))
    if service and kind.startswith("Task") and "State" not in kind:
        ((name, fields),) = details.items()
        sent = _sent() if kind == "TaskScheduled" else {}
        details = {name: {**fields, "resourceType": service, "resource": action, **sent}}
    return kind, {name: _without_the_untold(fields) for name, fields in details.items()}


def _sent() -> Details:
    state, sent = _attempt.get()
    limits = {"timeoutInSeconds": state.get("TimeoutSeconds"), "heartbeatInSeconds": state.get("HeartbeatSeconds")}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return {"region": get_region(), "parameters": json.dumps(sent), **given}


def _without_the_untold(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    return {name: value for name, value in said.items() if value or name not in ("error", "cause")}


def _integration(resource: str) -> tuple[str, str]:
    """Return the service and the action of ``arn:aws:states:::service:action``, empty for any other resource."""
    service, _, action = resource.partition(":states:::")[2].rpartition(":")
    return service, action
