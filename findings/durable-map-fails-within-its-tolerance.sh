#!/usr/bin/env bash
# Guessed: a map with one failure, which it tolerates, has the status SUCCEEDED, and throw_if_error() raises nothing.
# True: the status is FAILED, and throw_if_error() raises the tolerated failure; only completion_reason says that it was tolerated.
# A Map of Step Functions succeeds there. A function that checks its batch by these two loses all answers for one that may fail.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  aws-durable-execution-sdk-python==3.0.0 aws-durable-execution-sdk-python-testing==1.4.0
# https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold
"$folder/venv/bin/python" - <<'PY'
import logging
import queue
from importlib.metadata import version

from aws_durable_execution_sdk_python import ChildContextError, DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CompletionConfig, MapConfig
from aws_durable_execution_sdk_python.lambda_service import ErrorObject
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner

logging.disable(logging.CRITICAL)
asked: queue.Queue[tuple[str, str]] = queue.Queue()
batches: dict[int, tuple] = {}


def wait(context: DurableContext, chunk: str, *_: object) -> str:
    return context.wait_for_callback(lambda callback_id, _: asked.put((chunk, callback_id)), chunk)


def batch(tolerated: int) -> tuple:
    """Return what a batch of three callbacks, one of which fails, says of itself."""

    @durable_execution
    def handler(event: dict, context: DurableContext) -> None:
        config = MapConfig(completion_config=CompletionConfig(tolerated_failure_count=tolerated))
        done, raised = context.map(["a", "b", "c"], wait, "chunks", config), None
        try:
            done.throw_if_error()
        except ChildContextError as error:
            raised = error.message
        batches[tolerated] = (done.status.value, done.completion_reason.value, raised)

    with DurableFunctionTestRunner(handler=handler) as runner:
        execution = runner.run_async(input="{}", execution_timeout=60)
        given = dict(asked.get(timeout=30) for _ in range(3))
        for chunk in "ac":
            runner.send_callback_success(given[chunk], b"done")
        runner.send_callback_failure(given["b"], ErrorObject("unreadable", "Rejected", None, None))
        runner.wait_for_result(execution, timeout=30)
    return batches[tolerated]


within, beyond = batch(1), batch(0)
print("aws-durable-execution-sdk-python", version("aws-durable-execution-sdk-python"))
print("one failure, one tolerated: ", *within, sep=" | ")
print("one failure, none tolerated:", *beyond, sep=" | ")
assert beyond == ("FAILED", "FAILURE_TOLERANCE_EXCEEDED", "unreadable"), "beyond its tolerance it says otherwise now"
assert within == ("FAILED", "ALL_COMPLETED", "unreadable"), "within its tolerance it says otherwise now"
PY
