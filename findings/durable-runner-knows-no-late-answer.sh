#!/usr/bin/env bash
# Guessed: AWS's testing runner refuses a late answer by CallbackTimeoutException, as Lambda's API does of a closed callback.
# True: after an answer, and after the timeout, a result, a failure and a heartbeat are all refused by ResourceNotFoundException.
# To be late is no fault; to answer what nobody asked is one. Code that tells them apart by Lambda's API fails its tests here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  aws-durable-execution-sdk-python==3.0.0 aws-durable-execution-sdk-python-testing==1.4.0 boto3==1.44.8
# https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
"$folder/venv/bin/python" - <<'PY'
import logging
import queue
from importlib.metadata import version

import botocore.session
from aws_durable_execution_sdk_python import CallbackTimeoutError, DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, WaitForCallbackConfig
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner

logging.disable(logging.CRITICAL)
asked: queue.Queue[str] = queue.Queue()
KINDS = ("Success", "Failure", "Heartbeat")


@durable_execution
def handler(event: dict, context: DurableContext) -> None:
    context.wait_for_callback(lambda callback_id, _: asked.put(callback_id), "answered")
    try:
        config = WaitForCallbackConfig(timeout=Duration.from_seconds(1))
        context.wait_for_callback(lambda callback_id, _: asked.put(callback_id), "timed out", config)
    except CallbackTimeoutError:
        context.wait_for_callback(lambda callback_id, _: asked.put(callback_id), "end")


def refusal(kind: str, callback_id: str) -> str:
    try:
        return f"none: {getattr(runner, f'send_callback_{kind.lower()}')(callback_id)}"
    except Exception as error:
        return type(error).__name__


with DurableFunctionTestRunner(handler=handler) as runner:
    execution = runner.run_async(input="{}", execution_timeout=120)
    runner.send_callback_success(answered := asked.get(timeout=30))
    timed_out, end = asked.get(timeout=30), asked.get(timeout=30)
    refused = {(kind, one): refusal(kind, one) for one in (answered, timed_out) for kind in KINDS}
    runner.send_callback_success(end)
    runner.wait_for_result(execution, timeout=30)
api = botocore.session.get_session().get_service_model("lambda")
print("aws-durable-execution-sdk-python-testing", version("aws-durable-execution-sdk-python-testing"))
for (kind, one), name in refused.items():
    declared = {error.name for error in api.operation_model(f"SendDurableExecutionCallback{kind}").error_shapes}
    print(f"{kind:9} {'after an answer' if one == answered else 'after the timeout'}: {name}")
    assert "CallbackTimeoutException" in declared, f"Lambda's API no longer has CallbackTimeoutException for {kind}"
    assert name == "ResourceNotFoundException", "the runner refuses otherwise now"
PY
