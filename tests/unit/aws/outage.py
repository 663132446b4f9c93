"""Ride out an outage, and read truncated bodies, with whatever botocore is found first; print what came of it.

A program of its own, so that :mod:`tests.unit.aws.test_patience` can run it with other versions of botocore.
"""

import json
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from typing import Any

import botocore
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from sfn_callback.aws import clients, patience, session
from sfn_callback.aws import s3 as objects
from testing.wire import answered

CALLS: dict[str, Callable[[], object]] = {
    "a verdict": lambda: clients.stepfunctions().send_task_success(taskToken="t", output="{}"),
    "a heartbeat": lambda: clients.stepfunctions().send_task_heartbeat(taskToken="t"),
    "an update": lambda: clients.dynamodb().update_item(TableName="t", Key={"pk": {"S": "k"}}),
    "a result": lambda: clients.s3().put_object(Bucket="b", Key="k", Body=b"done"),
}


class Clock:
    """A clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def ride_out(seconds: float, times: int = 20) -> dict[str, dict[str, float]]:
    """Make each call at the begin of an outage, many times; return what it took, in requests and pauses."""
    clock = Clock()
    time.sleep, time.monotonic = clock.sleep, lambda: clock.now  # type: ignore[assignment]
    return {name: _ride_out(clock, call, seconds, times) for name, call in CALLS.items()}


def _ride_out(clock: Clock, call: Callable[[], object], seconds: float, times: int) -> dict[str, float]:
    sent: list[int] = []
    clock.pauses.clear()

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent[-1] += 1
        return answered(503 if clock.now < began + seconds else 200, b"")

    began, failed = 0.0, 0
    events: list[Any] = [make().meta.events for make in (clients.stepfunctions, clients.dynamodb, clients.s3)]
    for one in events:
        one.register_first("before-send", answer, unique_id="outage")
    for seed in range(times):
        random.seed(seed)
        began = clock.now
        sent.append(0)
        try:
            call()
        except Exception:
            failed += 1
    for one in events:
        one.unregister("before-send", unique_id="outage")
    return {
        "failed": failed,
        "requests": sum(sent) / times,
        "most_requests": max(sent),
        "pauses": sum(clock.pauses) / times,
        "longest_pause": max(clock.pauses),
    }


READS: dict[str, Callable[[Any], object]] = {
    "objects.read": lambda s3: objects.read(s3, Bucket="b", Key="k"),
    "read": lambda s3: _body(s3).read(),
    "read in pieces": lambda s3: list(iter(partial(_body(s3).read, 3), b"")),
    "iter_chunks": lambda s3: list(_body(s3).iter_chunks(3)),
    "iter_lines": lambda s3: list(_body(s3).iter_lines()),
    "iterate": lambda s3: list(_body(s3)),
    "list_objects_v2": lambda s3: s3.list_objects_v2(Bucket="b"),
}


def _body(s3: Any) -> Any:
    return s3.get_object(Bucket="b", Key="k")["Body"]


def read_truncated() -> dict[str, str]:
    """Read bodies whose connection ends too early; return the error of each way of reading."""
    patience.FIRST_PAUSE_SECONDS, patience.MOST_SECONDS = 0.0, 0.05
    return {f"{name}, {sent} bytes": _read(read, sent) for name, read in READS.items() for sent in (0, 7)}


def _read(read: Callable[[Any], object], sent: int) -> str:
    with _server(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nETag: x\r\n\r\n" + b"<a>\n</a>\n<b>"[:sent]) as url:
        config = Config(s3={"addressing_style": "path"})
        s3 = session.shared().create_client("s3", endpoint_url=url, config=config)
        try:
            return f"read {read(s3)!r}"
        except Exception as error:
            return type(error).__name__


@contextmanager
def _server(answer: bytes) -> Any:
    """Give every request that answer, and close the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    found = read_truncated() if sys.argv[1] == "truncated" else ride_out(float(sys.argv[1]))
    print(json.dumps({"botocore": botocore.__version__, "found": found}))
