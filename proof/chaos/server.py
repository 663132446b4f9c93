"""What AWS may do at any time, done often and counted: a plugin of the local AWS's server (``emulator/server.py``).

Nothing is done until a plan is put, and only to the functions of its instance.
"""

import json
import threading
from contextvars import ContextVar, copy_context
from dataclasses import asdict
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from proof.chaos import request_faults
from proof.chaos.fault_plan import PATH, Force, Plan
from proof.chaos.request_faults import Receive, Scope, Send

Function = dict[str, Any]

_serve = app.app
_invoke_asynchronously = lambda_svc.invoke_async_with_retry
_execute = lambda_svc._execute_function
_take_slot = lambda_svc._acquire_execution_slot
_spawn = lambda_runtime.Worker._spawn

_force = Force(Plan())
_refusals: ContextVar[set[str]] = ContextVar("refusals")
"""Why the invocation that is under way did not come to be at once; ``due`` is one that it has still to meet."""


def install() -> None:
    """Put the faults in place."""
    lambda_svc.invoke_async_with_retry = _deliver
    lambda_svc._execute_function = _counted_execute
    lambda_svc._acquire_execution_slot = _slot_or_throttle
    lambda_runtime.Worker._spawn = _counted_spawn
    app.app = _serve_by_force


def _deliver(function: Function, event: Any) -> None:
    _invoke_asynchronously(function, event)
    force = _force
    if not force.plan.hits(_name(function)):
        return
    force.count("events")
    if force.plan.twice:
        pause = force.roll() * force.plan.late_seconds
        again = threading.Timer(pause, copy_context().run, (_deliver_again, force, function, event))
        again.daemon = True
        again.start()


def _deliver_again(force: Force, function: Function, event: Any) -> None:
    force.count("duplicates")
    _invoke_asynchronously(function, event)


def _counted_execute(function: Function, event: Any) -> dict[str, Any]:
    force = _force
    if not force.plan.hits(_name(function)):
        return _execute(function, event)  # type: ignore[no-any-return]
    refusals = {"due"} if force.roll() < force.plan.throttled else set()
    marked = _refusals.set(refusals)
    result: dict[str, Any] = _execute(function, event)
    _refusals.reset(marked)
    died = result.get("error") and result["body"].get("errorType") == "Runtime.ExitError"
    for what in ("invocations", *refusals, *(["died"] if died else [])):
        force.count(what)
    return result


def _slot_or_throttle(function: Function, config: Function) -> Any:
    refusals = _refusals.get(set())
    if "due" in refusals:
        refusals.remove("due")
        refusals.add("throttled invocations")
        return None, "account"
    slot, limit = _take_slot(function, config)
    if slot is None:
        refusals.add("over the cap")
    return slot, limit


def _counted_spawn(worker: Any) -> None:
    _spawn(worker)
    worker.ready = worker._proc.pid
    if _force.plan.hits(worker.func_name):
        _force.count("started")


async def _serve_by_force(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] == PATH:
        await _control(scope["method"], await request_faults.read(receive), send)
    else:
        await request_faults.serve(_serve, _force, scope, receive, send)


async def _control(method: str, body: bytes, send: Send) -> None:
    global _force  # noqa: PLW0603
    if method == "PUT":
        _force = Force(Plan(**json.loads(body)))
    told = {
        "plan": asdict(_force.plan),
        "counts": _force.counts(),
        "quiet_seconds": 0 if _busy() else _force.quiet_seconds(),
        "workers": _workers(),
    }
    await request_faults.answer(send, 200, json.dumps(told))


def _busy() -> int:
    running = lambda_svc.executions_in_flight()[1]
    return sum(number for key, number in running.items() if _force.plan.hits(key.rpartition(":")[2]))


def _workers() -> list[dict[str, Any]]:
    everyone = [worker for pool in list(lambda_runtime._workers.values()) for worker in list(pool)]
    running = [(worker, process) for worker in everyone if (process := worker._proc) and process.poll() is None]
    return [
        {"pid": process.pid, "function": worker.func_name, "busy": worker.in_use}
        for worker, process in running
        # One that dies while it starts makes MiniStack end all the others of its function, so it is left out.
        if _force.plan.hits(worker.func_name) and process.pid == getattr(worker, "ready", None)
    ]


def _name(function: Function) -> object:
    return (function.get("config") or function).get("FunctionName")
