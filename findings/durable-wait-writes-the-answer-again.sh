#!/usr/bin/env bash
# Guessed: wait_for_callback with a serdes that reads a decision returns the decision, as create_callback does with the same one.
# True: this serdes must also write the submitter's None, and the default one, which knows no such class, writes the answer again.
# An answer of such a class needs create_callback. With wait_for_callback the execution fails, but only when somebody has answered.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  aws-durable-execution-sdk-python==3.0.0 aws-durable-execution-sdk-python-testing==1.4.0
# The same was a fault of the SDK for JavaScript: https://github.com/aws/aws-durable-execution-sdk-js/issues/324
"$folder/venv/bin/python" - <<'PY'
import json
import logging
import queue
from dataclasses import asdict, dataclass
from importlib.metadata import version

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import WaitForCallbackConfig
from aws_durable_execution_sdk_python.serdes import SerDes
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner

logging.disable(logging.CRITICAL)
asked: queue.Queue[str] = queue.Queue()


@dataclass
class Decision:
    by: str


class Decisions(SerDes):
    def serialize(self, value, _) -> str:
        written.append(value)
        return json.dumps(value and asdict(value))

    def deserialize(self, data, _):
        return (read := json.loads(data)) and Decision(**read)


@durable_execution
def handler(at_once: bool, context: DurableContext) -> str:
    config = WaitForCallbackConfig(serdes=Decisions())
    if at_once:
        return repr(context.wait_for_callback(lambda callback_id, _: asked.put(callback_id), "decision", config))
    callback = context.create_callback("decision", config)
    context.step(lambda _: asked.put(callback.callback_id), "ask")
    return repr(callback.result())


print("aws-durable-execution-sdk-python", version("aws-durable-execution-sdk-python"))
for at_once, name, expected in (
    ("false", "create_callback", ("SUCCEEDED", "\"Decision(by='Ann')\"", [])),
    ("true", "wait_for_callback", ("FAILED", "Unsupported type: <class '__main__.Decision'>", [None])),
):
    written: list[object] = []
    with DurableFunctionTestRunner(handler=handler) as runner:
        execution = runner.run_async(input=at_once, execution_timeout=60)
        runner.send_callback_success(asked.get(timeout=30), b'{"by": "Ann"}')
        ended = runner.wait_for_result(execution, timeout=30)
    seen = ended.status.value, ended.result or ended.error.message, written
    print(f"{name:17} {seen[0]}: {seen[1]}; the serdes has written {written}")
    assert seen == expected, f"{name} does otherwise now"
PY
