"""The durable function of the tests: the example's, and more of its kind.

What it does is said by ``do``, or by a document's key: ``durable/chunks/one.txt`` is waited for, and
``durable/publish/one.txt`` is published as the example does it.
"""

import importlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import boto3
from aws_durable_execution_sdk_python import DurableContext, durable_execution

from sfn_callback.durable import CallbackFailed, ask, task_token, wait_for_chunks

MARK = "first"
"""What a version that replaces this one has another of."""


def handler_of(event: dict[str, Any], context: DurableContext) -> Any:
    """Do it; return the result, or what has failed."""
    do = event.get("do") or event["object"]["key"].split("/")[-2].replace("durable", "publish")
    try:
        return globals()[do](event, context)
    except CallbackFailed as failed:
        return {"error": failed.error, "cause": failed.cause, "report": failed.report}


handler = durable_execution(handler_of)


def publish(event: dict[str, Any], context: DurableContext) -> Any:
    """Do what the example does."""
    return importlib.import_module("example").publish(event, context)


def chunks(event: dict[str, Any], context: DurableContext) -> Any:
    """Wait for a document's chunks."""
    return wait_for_chunks(context, event["bucket"]["name"], event["object"]["key"], options={"chunk_bytes": "0"})


def killed(event: dict[str, Any], context: DurableContext) -> Any:
    """Wait for a document's chunks, in a process that is killed again and again."""
    return chunks(event, _Mortal(context))  # type: ignore[arg-type]


def question(event: dict[str, Any], context: DurableContext) -> Any:
    """Ask people."""
    return {"mark": MARK, **ask(context, **event["asked"])}


def callback(event: dict[str, Any], context: DurableContext) -> Any:
    """Wait for any callback."""
    return context.create_callback("any").result()


def queue(event: dict[str, Any], context: DurableContext) -> Any:
    """Have a worker do a task that it finds in a queue."""
    called = context.create_callback("task")
    message = {"task": event["task"], "token": task_token(called.callback_id)}
    context.step(lambda _: _send(event["queue_url"], message), "task-sent")
    return called.result()


def _send(url: str, message: Any) -> None:
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(message))


class _Mortal:
    """A context whose process dies before each function that it invokes, and again when that has returned."""

    def __init__(self, context: DurableContext) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def invoke(self, function: str, payload: Any, name: str) -> Any:
        self._die_once(f"before-{name}")
        result: Any = self._context.invoke(function, payload, name)
        self._die_once(f"after-{name}")
        return result

    def _die_once(self, moment: str) -> None:
        execution = self._context.execution_context.durable_execution_arn.rpartition("/")[2]
        died = Path(tempfile.gettempdir()) / f"{execution}-{moment}"
        if not died.exists():
            died.touch()
            os._exit(1)
