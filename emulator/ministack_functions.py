"""MiniStack's functions, made as AWS has them.

- A throttled asynchronous event waits for its turn, for up to six hours, and that is no attempt:
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. MiniStack counts it as one, so a
  burst over a reserved concurrency loses events within seconds.
- An on-failure destination that is a function is invoked asynchronously, with attempts and a destination of its own:
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. MiniStack tries it once. What it is
  told was recorded on AWS on 2025-11-24 and 2025-11-25, ``test_lambda_destination_default_retries`` and
  ``test_reserved_concurrency`` in
  https://github.com/localstack/localstack/tree/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/lambda_.
- A function whose reservation is 0 gives its events up at once, which were no attempts: there. MiniStack tries them.
- A function returns 6,291,556 bytes at the most: ``test_lambda_too_large_response`` there. MiniStack's returns any.
- An alias has attempts and a destination of its own, and shares the function's reservation:
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html,
  https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html. MiniStack looks for both at the version.
- EventBridge invokes asynchronously: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html. MiniStack tries
  its events once.
- A function's error has a name: its class, ``Runtime.ExitError`` where the process died, and for Step Functions
  ``Lambda.TooManyRequestsException`` where it was throttled:
  https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html,
  https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html. MiniStack calls each
  ``Runtime.HandlerError``, so that no Retry matches.
"""

import json
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import eventbridge, lambda_svc

from emulator.patches import replace, theirs

_PAUSE_SECONDS = 0.2
_TOO_LARGE = {
    "errorType": "Function.ResponseSizeTooLarge",
    "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
}
_DIED = ("Worker process died", "[Errno 32] Broken pipe")

MAX_RESPONSE_BYTES = 6_291_556

_asynchronous: ContextVar[Mapping[str, Any] | None] = ContextVar("asynchronous", default=None)
_freed: defaultdict[str, threading.Condition] = defaultdict(threading.Condition)

_execute = theirs(lambda_svc, "_execute_function")
_give_back = theirs(lambda_svc, "_release_execution_slot")
_invoke_asynchronously = theirs(lambda_svc, "invoke_async_with_retry")
_route_failure = theirs(lambda_svc, "_route_async_failure")
_look_up = theirs(lambda_svc, "_get_func_record_for_ref")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(lambda_svc, "_execute_function", _patient_execute)
    replace(lambda_svc, "_release_execution_slot", _noted_release)
    replace(lambda_svc, "invoke_async_with_retry", _marked_invoke)
    replace(lambda_svc, "_route_async_failure", _hand_over_failure)
    replace(lambda_svc, "_get_func_record_for_ref", _look_up_as_invoked)
    replace(eventbridge, "_dispatch_to_lambda", _invoke_for_eventbridge)


def _patient_execute(func: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = _execute(func, event)
    while _asynchronous.get() and result.get("throttle") and _cap(func) != 0:
        _wait_for_slot(func)
        result = _execute(func, event)
    if len(json.dumps(result.get("body"), default=str)) > MAX_RESPONSE_BYTES:
        result = {**result, "error": True, "body": dict(_TOO_LARGE)}
    if result.get("error") and isinstance(result.get("body"), dict):
        result["body"]["errorType"] = error_name(result)
    return result


def _cap(func: dict[str, Any]) -> int | None:
    cap: int | None = lambda_svc._reserved_concurrency(func, func.get("config") or func)
    return cap


def _wait_for_slot(func: dict[str, Any]) -> None:
    key, cap = lambda_svc._inflight_key(func.get("config") or func), _cap(func)
    with _freed[key]:
        if cap is None:
            _freed[key].wait(_PAUSE_SECONDS)
        else:
            # Hundreds of events may wait, and would be all that the server does if each looked again and again.
            _freed[key].wait_for(lambda: lambda_svc._inflight.get(key, 0) < cap)


def _noted_release(key: str) -> None:
    _give_back(key)
    with _freed[key]:
        _freed[key].notify()


def error_name(result: dict[str, Any]) -> str:
    """Return the name of the error that an invocation has failed with."""
    if result.get("throttle"):
        return "Lambda.TooManyRequestsException"
    named, message = str(result["body"].get("errorType")), str(result["body"].get("errorMessage"))
    if named != "Runtime.HandlerError":
        return named
    if message in _DIED:
        return "Runtime.ExitError"
    # The log ends with the traceback, and that with "module.Class: message".
    last_line = result["log"].rstrip().removesuffix(message.rstrip()).rpartition("\n")[2]
    return last_line.rstrip(": ").rpartition(".")[2] or named


def _marked_invoke(func: dict[str, Any], event: dict[str, Any]) -> None:
    # MiniStack copies the context into the event's thread.
    version = _with_what_is_not_its_versions(func)
    marked = _asynchronous.set(version)
    try:
        _invoke_asynchronously(version, event)
    finally:
        _asynchronous.reset(marked)


def _look_up_as_invoked(reference: str) -> tuple[Any, Any, str]:
    func, config, name = _look_up(reference)
    if config and _qualifier(reference):
        # As the Invoke API has it: the ARN that is invoked, and not that of the version behind it.
        config = {**config, "FunctionArn": reference}
        func = {**func, "config": config}
    return func, config, name


def _with_what_is_not_its_versions(func: dict[str, Any]) -> dict[str, Any]:
    config = func.get("config") or func
    qualifier = _qualifier(config["FunctionArn"])
    if not qualifier:
        return func
    account, region = lambda_svc._account_region_from_function_config(config)
    function = lambda_svc._functions.get_scoped(account, region, config["FunctionName"])
    configured = function["event_invoke_configs"].get(qualifier)
    return {**func, "event_invoke_config": configured, "concurrency": function.get("concurrency")}


def _qualifier(reference: str) -> str:
    return reference.partition(":function:")[2].partition(":")[2]


def _invoke_for_eventbridge(arn: str, payload: str) -> None:
    func = lambda_svc._get_func_record_for_ref(arn)[0]
    if func:
        lambda_svc.invoke_async_with_retry(func, json.loads(payload))


def _hand_over_failure(target: str, name: str, event: dict[str, Any], result: dict[str, Any]) -> None:
    function = lambda_svc._get_func_record_for_ref(target)[0] if ":lambda:" in target else None
    if function is None:
        _route_failure(target, name, event, result)
        return
    lambda_svc.invoke_async_with_retry(function, _record(event, result))


def _record(event: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    func = _asynchronous.get() or {}
    retries = (func.get("event_invoke_config") or {}).get("MaximumRetryAttempts")
    ran = not result.get("throttle")
    context = {
        "requestId": str(uuid.uuid4()),
        "functionArn": _qualified((func.get("config") or func)["FunctionArn"]),
        "condition": "RetriesExhausted" if ran else "ZeroReservedConcurrency",
        "approximateInvokeCount": (2 if retries is None else int(retries)) + 1 if ran else 0,
    }
    record = {"version": "1.0", "timestamp": now_iso(), "requestContext": context, "requestPayload": event}
    return record | (_answered(result) if ran else {})


def _answered(result: dict[str, Any]) -> dict[str, Any]:
    context = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    return {"responseContext": context, "responsePayload": result.get("body")}


def _qualified(arn: str) -> str:
    return arn if _qualifier(arn) else f"{arn}:$LATEST"
