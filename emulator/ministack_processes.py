"""MiniStack's processes, which functions run in, made as AWS has them.

- A process whose function has raised an error goes on; one that has died, or has taken too long, does not:
  https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html. MiniStack ends it in each case.
- All that a function has printed is in its log: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html.
  MiniStack reads for 50 ms after the answer; what comes later it has with the process's next invocation, or never.
"""

import queue
import subprocess
import time
from contextvars import ContextVar
from typing import Any

from ministack.core import lambda_runtime

from emulator.patches import replace, rewrite, theirs

Process = subprocess.Popen[str]

_PAUSE_SECONDS = 0.2
_DRAIN_SECONDS = 30
_LAST = "\x1e"
"""What a process writes behind the lines of each invocation."""
_ANSWERED = "        _real_stdout.flush()\n\nrun()\n"

_spared: ContextVar[list[Process] | None] = ContextVar("spared", default=None)

_invoke = theirs(lambda_runtime.Worker, "invoke")
_end = theirs(lambda_runtime, "_signal")
_collect = theirs(lambda_runtime, "_collect")
_GRACE_SECONDS = theirs(lambda_runtime, "_REAP_GRACE")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(lambda_runtime.Worker, "invoke", _invoke_and_spare)
    replace(lambda_runtime.Worker, "_drain_stderr_bounded", _drain_to_the_last_line)
    replace(lambda_runtime, "_signal", _end_unless_spared)
    replace(lambda_runtime, "_collect", _collect_unless_spared)
    rewrite(lambda_runtime, "_PYTHON_WORKER_SCRIPT", _ANSWERED, f"        print({_LAST!r}, flush=True)\n{_ANSWERED}")


def _invoke_and_spare(worker: Any, *given: Any, **named: Any) -> dict[str, Any]:
    spared: list[Process] = []
    marked = _spared.set(spared)
    try:
        response: dict[str, Any] = _invoke(worker, *given, **named)
    finally:
        _spared.reset(marked)
    for process in spared:
        if "trace" in response and process.poll() is None:
            worker._proc = process
        else:
            _end(process)
            _collect(process, time.monotonic() + _GRACE_SECONDS)
    return response


def _end_unless_spared(process: Process) -> None:
    spared = _spared.get()
    if spared is None:
        _end(process)
    else:
        spared.append(process)


def _collect_unless_spared(process: Process, deadline: float) -> None:
    if process not in (_spared.get() or ()):
        _collect(process, deadline)


def _drain_to_the_last_line(worker: Any, *_: float, **__: float) -> str:
    lines: list[str] = []
    deadline = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < deadline:
        try:
            line = worker._stderr_queue.get(timeout=_PAUSE_SECONDS)
        except queue.Empty:
            # A process that has died says no last line.
            if worker._stderr_thread.is_alive() or not worker._stderr_queue.empty():
                continue
            break
        if line == _LAST:
            break
        lines.append(line)
    return "\n".join(lines)
