#!/usr/bin/env bash
# Guessed: a callback failed with ErrorType=Rejected raises an error of error_type "Rejected", as a step's error keeps its type.
# True: error_type is the SDK's own class. The sender's message and data arrive; the type does not.
# A function that branches on the name of a decision never sees it: the sender has to put it into ErrorMessage or ErrorData as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  aws-durable-execution-sdk-python==3.0.0 aws-durable-execution-sdk-python-testing==1.4.0
# https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackFailure.html
"$folder/venv/bin/python" - <<'PY'
import logging
import queue
from importlib.metadata import version

from aws_durable_execution_sdk_python import DurableContext, DurableOperationError, durable_execution
from aws_durable_execution_sdk_python.config import StepConfig
from aws_durable_execution_sdk_python.lambda_service import ErrorObject
from aws_durable_execution_sdk_python.retries import RetryPresets
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner

logging.disable(logging.CRITICAL)
asked: queue.Queue[str] = queue.Queue()
caught: dict[str, tuple] = {}


def refuse(_: object) -> None:
    raise PermissionError("no budget")


def seen(name: str, operation) -> None:
    try:
        operation()
    except DurableOperationError as error:
        caught[name] = (type(error).__name__, error.error_type, error.message, error.data)


@durable_execution
def handler(event: dict, context: DurableContext) -> None:
    seen("step", lambda: context.step(refuse, "step", StepConfig(retry_strategy=RetryPresets.none())))
    callback = context.create_callback("callback")
    context.step(lambda _: asked.put(callback.callback_id), "ask")
    seen("callback", callback.result)


with DurableFunctionTestRunner(handler=handler) as runner:
    execution = runner.run_async(input="{}", execution_timeout=60)
    sent = ErrorObject(message="no budget", type="Rejected", data='{"by": "Ann"}', stack_trace=None)
    runner.send_callback_failure(asked.get(timeout=30), sent)
    runner.wait_for_result(execution, timeout=30)
print("aws-durable-execution-sdk-python", version("aws-durable-execution-sdk-python"))
for name, error in caught.items():
    print(f"{name:8}", *error, sep=" | ")
assert caught["step"][1] == "PermissionError", "a step's error has another type now"
kind, error_type, *rest = caught["callback"]
assert kind == "CallbackExternalError" and error_type.endswith(".CallbackExternalError"), "the type arrives now"
assert rest == ["no budget", '{"by": "Ann"}'], "message or data no longer arrive"
PY
