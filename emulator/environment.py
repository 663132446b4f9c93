"""A program whose copies are the processes that functions run in: it has read boto3, so that none of them has to.

It reads orders from its standard input, a socket: a JSON object with the ``script`` to run, its ``folder`` and its
``variables``, together with three pipes. It answers with the copy's number, and ends when the socket is closed.
"""

import gc
import json
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import boto3.session
import botocore.session
from botocore import compat, hooks, regions
from botocore.hooks import EventAliaser
from botocore.loaders import Loader

MAX_ORDER = 1_000_000
_PIPES = 3
_SERVICES = ("dynamodb", "lambda", "s3", "secretsmanager", "sns", "sqs", "stepfunctions")


def main() -> None:
    """Serve orders; in each copy, run what was ordered."""
    _read()
    gc.freeze()
    script = _ordered()
    if script:
        runpy.run_path(str(script), run_name="__main__")


class Aliaser(EventAliaser):
    """Knows what an event is called that any has looked up."""

    names: ClassVar[dict[str, str]] = {}

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._alias_name_cache = self.names


def _read() -> None:
    """Import boto3, and keep what it reads of the services that functions use: each session would read it again."""
    Loader.load_data_with_path = _by_name(Loader.load_data_with_path)  # type: ignore[assignment, method-assign]
    regions.EndpointProvider = _by_rules(regions.EndpointProvider)  # type: ignore[attr-defined]
    hooks.accepts_kwargs = cache(compat.accepts_kwargs)
    botocore.session.EventAliaser = Aliaser  # type: ignore[assignment, misc]
    session: Any = boto3.session.Session(region_name="eu-central-1")
    for service in _SERVICES:
        session.client(service)


def _by_name(load: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    kept: dict[str, Any] = {}

    def load_once(loader: Any, name: str) -> Any:
        if name not in kept:
            kept[name] = load(loader, name)
        return kept[name]

    return load_once


def _by_rules(make: Callable[..., Any]) -> Callable[..., Any]:
    # With the rules, so that no others get their identity.
    kept: dict[int, tuple[Any, Any]] = {}

    def make_once(ruleset_data: Any, **given: Any) -> Any:
        if id(ruleset_data) not in kept:
            kept[id(ruleset_data)] = ruleset_data, make(ruleset_data, **given)
        return kept[id(ruleset_data)][1]

    return make_once


def _ordered() -> Path | None:
    """Make copies, as long as there are orders; in a copy, return its script."""
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(fileno=os.dup(0)) as orders:
        while True:
            order, pipes, _, _ = socket.recv_fds(orders, MAX_ORDER, _PIPES)
            if not order:
                return None
            copy = os.fork()
            if not copy:
                break
            for pipe in pipes:
                os.close(pipe)
            orders.send(str(copy).encode())
    return _become(json.loads(order), pipes)


def _become(order: dict[str, Any], pipes: list[int]) -> Path:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    # As a new process has them: https://docs.python.org/3/library/sys.html#sys.stderr
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(order["variables"])
    time.tzset()
    os.chdir(order["folder"])
    # What a package is unpacked into is compiled once, whatever whoever has started the local AWS wants of Python.
    sys.dont_write_bytecode = False
    return Path(order["script"])


def _reap(*_: object) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
