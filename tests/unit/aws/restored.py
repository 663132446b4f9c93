"""Initialise functions as Lambda does before it takes a snapshot, and print what came of it.

A program of its own: a child that is forked begins with its parent's memory, as an environment does that is restored.
"""

import json
import os
import pkgutil
import random
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib import import_module
from types import FrameType, ModuleType
from typing import Any

from sfn_callback import handlers

HOURLY = 3_600
DRAWN_FROM = {"datetime", "random", "secrets", "time", "uuid"}


class EnoughSeen(Exception):
    """So many pauses tell."""


def initialise(*names: str) -> None:
    """Import handlers as Lambda imports one."""
    for name in names:
        import_module(f"sfn_callback.handlers.{name}")


def go_on_many_times(handler: str, times: int, *, with_hooks: bool) -> None:
    """Initialise a handler, go on from there in a child at a time, and print what each does first, a line each."""
    initialise(handler)
    state = random.getstate()
    urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/snapshot").close()
    for _ in range(times):
        child = os.fork()
        if not child:
            # Python seeds it anew in a child that is forked, and nobody does in an environment that is restored.
            random.setstate(state)
            if with_hooks:
                run_hooks()
            print(json.dumps(first()), flush=True)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def run_hooks() -> None:
    """Do as the runtime does, in ``lambda_runtime_hooks_runner.py``.

    https://github.com/aws/aws-lambda-python-runtime-interface-client
    """
    for function, arguments, named in import_module("snapshot_restore_py").hooks:
        function(*arguments, **named)


def first() -> dict[str, Any]:
    """Do what functions do by chance and by the clock; return what came of it."""
    from sfn_callback import ids
    from sfn_callback.aws import patience

    order = list(range(50))
    random.shuffle(order)
    before = patience.seconds_left()
    with patience.ending(HOURLY):
        left = patience.seconds_left()
    names = [ids.new_job(), ids.new_run(), ids.new_approval()]
    return {
        "pauses": list(pauses()),
        "order": order,
        "names": names,
        "left": [before, left],
        "age": ids.age_seconds(names[0]),
    }


def pauses() -> Iterator[float]:
    """Yield the pauses of a request that is not answered."""
    from sfn_callback.aws import clients

    seen: list[float] = []

    def note(seconds: float) -> None:
        seen.append(seconds)
        if len(seen) == 3:
            raise EnoughSeen

    time.sleep = note  # type: ignore[assignment]
    try:
        clients.dynamodb().get_item(TableName="docs-ledger", Key={"pk": {"S": "k"}})
    except EnoughSeen:
        yield from seen


def drawn_meanwhile() -> list[str]:
    """Initialise all handlers; return which modules of the package asked for chance or the time meanwhile, and whom."""
    found: set[str] = set()

    def watch(frame: FrameType, event: str, called: Any) -> None:
        caller, source = _call(frame, event, called)
        if caller.startswith("sfn_callback") and source.split(".")[0] in DRAWN_FROM:
            found.add(f"{caller}: {source}")

    sys.setprofile(watch)
    try:
        initialise(*(one.name for one in pkgutil.iter_modules(handlers.__path__)))
    finally:
        sys.setprofile(None)
    return sorted(found)


def _call(frame: FrameType, event: str, called: Any) -> tuple[str, str]:
    """Return the module that calls, and the function that is called with its module."""
    if event == "c_call":
        return frame.f_globals.get("__name__", ""), f"{_owner(called)}.{called.__name__}"
    if event == "call" and frame.f_back and frame.f_code.co_name != "<module>":
        names = frame.f_back.f_globals.get("__name__", ""), frame.f_globals.get("__name__", "")
        return names[0], f"{names[1]}.{frame.f_code.co_name}"
    return "", ""


def _owner(function: Callable[..., Any]) -> str:
    owner = getattr(function, "__self__", None)
    if isinstance(owner, ModuleType):
        return "random" if function is os.urandom else owner.__name__
    return (owner if isinstance(owner, type) else type(owner)).__module__


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        print(json.dumps(drawn_meanwhile()))
    else:
        go_on_many_times("process", int(sys.argv[2]), with_hooks=sys.argv[1] == "hooks")
