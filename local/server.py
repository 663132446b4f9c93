"""MiniStack, with one thing made as AWS has it: a throttled asynchronous event waits for its turn.

MiniStack counts a throttle as one of the event's attempts, so a burst over a reserved concurrency loses events
within seconds. On AWS a throttled event goes back to the queue, for up to six hours, and is no attempt:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import random
import time
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.services import lambda_svc

_LONGEST_PAUSE_SECONDS = 0.2

_asynchronous: ContextVar[bool] = ContextVar("asynchronous", default=False)
_execute = lambda_svc._execute_function
_invoke_asynchronously = lambda_svc.invoke_async_with_retry


def _patient_execute(func: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = _execute(func, event)
    while _asynchronous.get() and result.get("throttle"):
        time.sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))
        result = _execute(func, event)
    return result


def _marked_invoke(func: dict[str, Any], event: dict[str, Any]) -> None:
    # MiniStack copies the context into the event's thread.
    marked = _asynchronous.set(True)
    try:
        _invoke_asynchronously(func, event)
    finally:
        _asynchronous.reset(marked)


if __name__ == "__main__":
    lambda_svc._execute_function = _patient_execute
    lambda_svc.invoke_async_with_retry = _marked_invoke
    app.main()
