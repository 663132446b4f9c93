"""Counts what the functions ask of the local AWS: a plugin of its server (``local/server.py``)."""

import json
import re
import threading
from collections import Counter
from typing import Any

from ministack import app
from ministack.services import lambda_svc

from proof.chaos import requests
from proof.chaos.requests import Receive, Scope, Send

PATH = "/_bench/requests"
_SIGNED = re.compile(rb"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")
_BENCH = b"test"

_serve = app.app
_execute = lambda_svc._execute_function
_lock = threading.Lock()
_counts: Counter[str] = Counter()


def install() -> None:
    """Count from now on."""
    lambda_svc._execute_function = _counted_execute
    app.app = _counted_serve


def _count(what: str) -> None:
    with _lock:
        _counts[what] += 1


def _counted_execute(function: dict[str, Any], event: Any) -> dict[str, Any]:
    result: dict[str, Any] = _execute(function, event)
    # A throttled event is invoked later, and counts then.
    if not result.get("throttle"):
        _count("invocations")
    return result


async def _counted_serve(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] == PATH:
        with _lock:
            told = json.dumps(_counts)
            _counts.clear()
        await requests.answer(send, 200, told)
        return
    signed = _SIGNED.search(dict(scope.get("headers", ())).get(b"authorization", b""))
    # The bench itself signs with another key than the functions' sessions.
    if signed and signed[1] != _BENCH:
        _count(signed[2].decode())
    await _serve(scope, receive, send)
