"""MiniStack's functions, made as AWS has them.

- A throttled asynchronous event waits for its turn, for up to six hours, and that is no attempt:
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. MiniStack counts it as one, so a
  burst over a reserved concurrency loses events within seconds.
- An on-failure destination that is a function is invoked asynchronously, with attempts and a destination of its own:
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. MiniStack tries it once.
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
from collections import defaultdict
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, lambda_svc

from local.faithful import replace, theirs

_PAUSE_SECONDS = 0.2
_DIED = ("Worker process died", "[Errno 32] Broken pipe")

_asynchronous: ContextVar[bool] = ContextVar("asynchronous", default=False)
_freed: defaultdict[str, threading.Condition] = defaultdict(threading.Condition)

_execute = theirs(lambda_svc, "_execute_function")
_give_back = theirs(lambda_svc, "_release_execution_slot")
_invoke_asynchronously = theirs(lambda_svc, "invoke_async_with_retry")
_route_failure = theirs(lambda_svc, "_route_async_failure")
_look_up = theirs(lambda_svc, "_get_func_record_for_ref")


def install() -> None:
    """Put this in MiniStack's place."""
    replace(lambda_svc, "_execute_function", _patient_execute)
    replace(lambda_svc, "_release_execution_slot", _noted_release)
    replace(lambda_svc, "invoke_async_with_retry", _marked_invoke)
    replace(lambda_svc, "_route_async_failure", _hand_over_failure)
    replace(lambda_svc, "_get_func_record_for_ref", _look_up_as_invoked)
    replace(eventbridge, "_dispatch_to_lambda", _invoke_for_eventbridge)


def _patient_execute(func: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = _execute(func, event)
    while _asynchronous.get() and result.get("throttle"):
        _wait_for_slot(func)
        result = _execute(func, event)
    if result.get("error") and isinstance(result.get("body"), dict):
        result["body"]["errorType"] = error_name(result)
    return result


def _wait_for_slot(func: dict[str, Any]) -> None:
    config = func.get("config") or func
    key, cap = lambda_svc._inflight_key(config), lambda_svc._reserved_concurrency(func, config)
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
    marked = _asynchronous.set(True)
    try:
        _invoke_asynchronously(_with_what_is_not_its_versions(func), event)
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
    record = {
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": result.get("body"),
    }
    lambda_svc.invoke_async_with_retry(function, record)
