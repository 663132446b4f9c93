"""MiniStack's durable functions, made as AWS has them. They run with AWS's own SDK, which sees no difference.

- A function is durable by its ``DurableConfig``, which has an ``ExecutionTimeout``, from CloudFormation too:
  https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-durableconfig.html.
  MiniStack asks for an ``Enabled``, and its CloudFormation drops all of it.
- It is invoked by a version, an alias or ``$LATEST``, and never without one, as AWS's refusal says:
  https://github.com/serverless/serverless/pull/13589. Whoever waits for it waits for the end of its execution; what is
  invoked asynchronously goes on all the same: https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html.
  MiniStack answers after the first invocation, and resumes nothing that was begun by an event.
- Its execution goes on with the version that it began with, or with what ``$LATEST`` is by then: there. MiniStack goes
  on with ``$LATEST``.
- A name makes a start idempotent, and is in the execution's ARN:
  https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html. MiniStack knows no names.
- An execution has one invocation at a time. One that dies is tried again, from what is recorded:
  https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk-retries.html. MiniStack takes the token from an
  invocation that runs, resumes all executions one after the other, and lets one that died wait for ever.
- A timeout of 0 is none: https://docs.aws.amazon.com/lambda/latest/api/API_CallbackOptions.html. With MiniStack it has
  passed.
- A callback's result may have 1,048,576 bytes: ``SendDurableExecutionCallbackSuccess`` in botocore's model from
  1.43.110 on. MiniStack takes 262,144.
- A function that is invoked by an operation may be an alias; its end resumes whoever waits for it, and what it raised
  is the operation's error: https://docs.aws.amazon.com/lambda/latest/api/API_ErrorObject.html,
  https://aws.github.io/aws-durable-execution-docs/sdk-reference/operations/invoke. It is the execution's role that must
  be allowed to invoke it: https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html. MiniStack resumes nobody,
  invokes ``$LATEST``, and asks no role.
- A step that is tried again counts its attempts, and waits until then: ``OperationStatus`` in botocore's model.
- What is done with an execution, and with its callbacks, is authorised by its ARN, ``…:function:NAME:VERSION/…``:
  https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html. MiniStack asks for no right.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from contextvars import copy_context
from functools import wraps
from math import inf
from typing import Any, ParamSpec, TypeVar

from ministack.core.concurrency import run_reentrant
from ministack.core.responses import error_response_json
from ministack.services import lambda_durable, lambda_svc
from ministack.services.cloudformation import provisioners

from emulator import ministack_durable_rights
from emulator.ministack_durable_timers import due, settle, tell
from emulator.patches import replace, theirs

Data = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

MAX_RESULT = 1_048_576
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.2
_TYPE = "AWS::Lambda::Function"

_changed = threading.Condition()
"""Whoever reads or changes an execution holds it."""

_invoke = theirs(lambda_svc, "_invoke")
_invoke_asynchronously = theirs(lambda_svc, "invoke_async_with_retry")
_apply = theirs(lambda_durable, "_apply_update")
_provision = theirs(provisioners, "_lambda_create")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(lambda_svc, "_invoke", _invoke_durable)
    replace(lambda_svc, "invoke_async_with_retry", _begin_or_invoke)
    replace(lambda_durable, "build_durable_execution_arn", _arn_with_its_name)
    replace(lambda_durable, "schedule_resume", _wake)
    replace(lambda_durable, "_apply_update", _apply_as_on_aws)
    replace(lambda_durable, "_fire_chained_invoke", _invoke_for)
    replace(lambda_durable, "handle_callback_success", _succeed)
    for name in ("handle_checkpoint", "handle_callback_failure", "handle_callback_heartbeat", "handle_stop"):
        replace(lambda_durable, name, _alone(theirs(lambda_durable, name)))
    ministack_durable_rights.install()
    replace(provisioners, "_lambda_create", _provision_durable)
    provisioners._RESOURCE_HANDLERS[_TYPE]["create"] = _provision_durable


def _alone(function: Callable[P, T]) -> Callable[P, T]:
    @wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with _changed:
            try:
                return function(*args, **kwargs)
            finally:
                _changed.notify_all()

    return alone


def _provision_durable(logical_id: str, props: Data, stack_name: str) -> Any:
    name, attributes = _provision(logical_id, props, stack_name)
    if durable := props.get("DurableConfig"):
        lambda_svc._functions[name]["config"]["DurableConfig"] = durable
    return name, attributes


async def _invoke_durable(
    name: str, event: Any, headers: Data, path_qualifier: str | None = None, query_params: Data | None = None
) -> Any:
    func, given = lambda_svc._functions.get(name), {key.lower(): value for key, value in headers.items()}
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params)
    _, config = lambda_svc._effective_func_record_for_qualifier(func, qualifier)
    kind = given.get("x-amz-invocation-type")
    if not config or not config.get("DurableConfig") or kind == "DryRun":
        return await _invoke(name, event, headers, path_qualifier, query_params)
    if not qualifier:
        said = "You cannot invoke a durable function using an unqualified ARN."
        return error_response_json("InvalidParameterValueException", said, 400)
    execution = _begin(config, event, given.get("x-amz-durable-execution-name"))
    if execution is None:
        said = "A durable execution of this name has been started with another payload."
        return error_response_json("DurableExecutionAlreadyStartedException", said, 409)
    arn = execution["DurableExecutionArn"]
    answered = {"X-Amz-Executed-Version": config["Version"], "X-Amz-Durable-Execution-Arn": arn}
    if kind == "Event":
        return 202, answered, b""
    await run_reentrant(_await_end, execution)
    return _answer(execution, answered)


def _begin_or_invoke(func: Data, event: Any) -> None:
    config = func.get("config") or func
    if config.get("DurableConfig"):
        _begin(config, event)
    else:
        _invoke_asynchronously(func, event)


@_alone
def _begin(config: Data, event: Any, name: str | None = None) -> Data | None:
    """Return the execution, which may be there already; None where that has another payload."""
    payload = json.dumps(event)
    for execution in lambda_durable._executions.values():
        if name and execution["DurableExecutionName"] == name:
            return execution if execution["InputPayload"] == payload else None
    execution = lambda_durable.create_execution_for_invoke(
        function_arn=lambda_svc._func_arn(config["FunctionName"]),
        version=config["Version"],
        input_payload=payload,
        name=name,
        execution_timeout=config["DurableConfig"].get("ExecutionTimeout"),
    )
    _in_a_thread(_drive, execution)
    return execution  # type: ignore[no-any-return]


def _arn_with_its_name(function_arn: str, version: str = "$LATEST", name: str | None = None) -> tuple[str, str, str]:
    name, inner = name or str(uuid.uuid4()), str(uuid.uuid4())
    return f"{function_arn}:{version}/durable-execution/{name}/{inner}", name, inner


def _in_a_thread(function: Callable[..., None], *args: Any) -> None:
    threading.Thread(target=copy_context().run, args=(function, *args), daemon=True).start()


def _drive(execution: Data) -> None:
    """Invoke the function until its execution has ended, each time that there is something for it to see."""
    died = 0
    while execution["Status"] == "RUNNING":
        woken = execution.get("_Woken", 0)
        error = _run(execution)
        died = died + 1 if error else 0
        if died == _ATTEMPTS:
            _alone(lambda_durable.mark_execution_completed)(execution["DurableExecutionArn"], None, error)
        elif died:
            time.sleep(_PAUSE_SECONDS * 2**died)
        else:
            _sleep(execution, woken)


def _sleep(execution: Data, woken: int) -> None:
    with _changed:
        while execution["Status"] == "RUNNING" and execution.get("_Woken", 0) == woken and not settle(execution):
            next_ = min(execution.get("_TimeoutDeadline", inf), *map(due, execution["Operations"]))
            _changed.wait(min(max(0, next_ - time.time()), threading.TIMEOUT_MAX))


def _await_end(execution: Data) -> None:
    with _changed:
        _changed.wait_for(lambda: execution["Status"] != "RUNNING")


def _run(execution: Data) -> Data | None:
    """Invoke the function; return its error, if it has not come to its end."""
    arn, began = execution["DurableExecutionArn"], time.time()
    func = lambda_svc._get_func_record_for_ref(f"{execution['FunctionArn']}:{execution['Version']}")[0]
    event = _alone(_event)(execution)
    lambda_svc._durable_ctx.set(
        {"arn": arn, "token": event["CheckpointToken"], "name": execution["DurableExecutionName"]}
    )
    result = lambda_svc._execute_function_with_config_scope(func, event)
    error = _error(result["body"]) if result.get("error") else None
    _alone(_record)(execution, began, error, result["body"])
    return error


def _event(execution: Data) -> Data:
    execution["CheckpointToken"] = lambda_durable.new_checkpoint_token()
    operations = lambda_durable._serialize_operations(execution["Operations"], for_event=True)
    return {
        "DurableExecutionArn": execution["DurableExecutionArn"],
        "CheckpointToken": execution["CheckpointToken"],
        "InitialExecutionState": {"Operations": operations, "NextMarker": ""},
    }


def _record(execution: Data, began: float, error: Data | None, output: Any) -> None:
    arn = execution["DurableExecutionArn"]
    lambda_durable.record_invocation_completed(arn, start_ts=began, request_id=str(uuid.uuid4()), error=error)
    if error is None and output["Status"] == "SUCCEEDED":
        lambda_durable.mark_execution_completed(arn, output.get("Result"), None)
    elif error is None and output["Status"] == "FAILED":
        lambda_durable.mark_execution_completed(arn, None, output.get("Error") or {"ErrorMessage": ""})


def _error(body: Any) -> Data:
    return {
        # The prefix is Step Functions'.
        "ErrorType": str(body.get("errorType")).removeprefix("Lambda."),
        "ErrorMessage": body.get("errorMessage"),
        "StackTrace": body.get("stackTrace") or [],
    }


def _answer(execution: Data, headers: Data) -> tuple[int, Data, bytes]:
    if execution["Status"] == "SUCCEEDED":
        return 200, headers, (execution["Result"] or "null").encode()
    error = execution["Error"]
    told = {"errorType": error.get("ErrorType"), "errorMessage": error.get("ErrorMessage")}
    return 200, {**headers, "X-Amz-Function-Error": "Unhandled"}, json.dumps(told).encode()


def _wake(arn: str, account_id: str | None = None, region: str | None = None) -> bool:  # noqa: ARG001 - MiniStack's
    execution = lambda_durable._executions.get(arn)
    with _changed:
        execution["_Woken"] = execution.get("_Woken", 0) + 1
        _changed.notify_all()
    return True


def _apply_as_on_aws(rec: Data, upd: Data) -> None:
    options = {name: seconds for name, seconds in (upd.get("CallbackOptions") or {}).items() if seconds}
    _apply(rec, {**upd, "CallbackOptions": options})
    if (upd["Type"], upd["Action"]) == ("STEP", "RETRY"):
        (step,) = [operation for operation in rec["Operations"] if operation["Id"] == upd["Id"]]
        step["Status"] = "PENDING"
        step["StepDetails"]["Attempt"] += 1


@_alone
def _succeed(callback_id: str, body: bytes) -> tuple[int, Data, bytes]:
    execution, operation, refused = lambda_durable._resolve_callback(callback_id)
    if refused:
        return refused  # type: ignore[no-any-return]
    if len(body) > MAX_RESULT:
        said = f"The result has more than {MAX_RESULT} bytes."
        return error_response_json("InvalidParameterValueException", said, 400)  # type: ignore[no-any-return]
    result = body.decode()
    operation.update(Status="SUCCEEDED", EndTimestamp=time.time())
    operation["CallbackDetails"]["Result"] = result
    tell(execution, operation, "CallbackSucceeded", {"Result": {"Payload": result, "Truncated": False}})
    _wake(execution["DurableExecutionArn"])
    return 200, {"Content-Type": "application/json"}, b""


def _invoke_for(parent_rec: Data, op_id: str, ci_opts: Data, payload: str | None) -> None:
    _in_a_thread(_invoke_and_wake, parent_rec, op_id, ci_opts["FunctionName"], payload)


def _invoke_and_wake(execution: Data, operation: str, target: str, payload: str | None) -> None:
    result, error = None, ministack_durable_rights.refusal(execution, target)
    if error is None:
        func, _, name = lambda_svc._get_func_record_for_ref(target)
        # A version shares its function's reservation.
        func = {**func, "concurrency": lambda_svc._functions[name].get("concurrency")}
        done = lambda_svc._execute_function_with_config_scope(func, json.loads(payload or "null"))
        error = _error(done["body"]) if done.get("error") else None
        result = None if error else json.dumps(done["body"])
    _alone(lambda_durable._append_chained_result)(execution, operation, error is None, result, error)
    _wake(execution["DurableExecutionArn"])
