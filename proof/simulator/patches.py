"""Puts the handlers on stage: their clients ask the scheduler, and what differs from run to run is made to repeat.

What is put in place of the package's own: the clients, the ledger's table (by its own fake), the settings, fresh names,
and the pool of threads that uploads: one request at a time is also an order.
Handlers, events, documents, chunks, fan-in and resume are the real ones.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest import mock

from proof.simulator import invariants
from proof.simulator.attempts import ask, current_event, fresh_token_hex
from proof.simulator.cases import Case
from proof.simulator.deliveries import BUCKET
from proof.simulator.services import HEARTBEAT_SECONDS, NOW
from sfn_callback import settings, sweeper
from sfn_callback.fanin.item_format import Heard
from sfn_callback.fanin.items import FanIn, Group
from sfn_callback.resume import DURABLE_MARK

JOB_STAMP = "20260101T000000Z"
_FOR_EVER_DAYS = 36_500

Protocol = Any
"""What has the functions of :mod:`sfn_callback.fanin.protocol`."""


@contextmanager
def handlers(
    case: Callable[[], Case],
    protocol: Protocol = None,
    *,
    tiny: bool = False,
    wrong: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Run the handlers here, with our own protocol or with another in its place, and with what is ``wrong`` by name.

    ``tiny``: groups have two slots and sections two groups, and every second failure climbs later, so that a short
    document has all that a large one has.
    """
    replaced: dict[str, Any] = {
        "sfn_callback.aws.clients.s3": _S3,
        "sfn_callback.aws.clients.functions": _Functions,
        "sfn_callback.aws.clients.stepfunctions": _StepFunctions,
        "sfn_callback.fanin.ledger.connect": _Ledger,
        "sfn_callback.settings.current": lambda: _settings(case().tolerated, case().pending),
        "sfn_callback.ids.new_job": _new_job,
        "sfn_callback.documents.redrive.secrets.token_hex": fresh_token_hex,
        "sfn_callback.sweeper.open_waits": lambda: [[sweeper.OpenWait(key) for key in ask("ledger", "open")]],
        "sfn_callback.sweeper.random.shuffle": _do_nothing,
        "sfn_callback.documents.bucket.in_order": _one_by_one,
        "sfn_callback.documents.redrive.in_order": _one_by_one,
        "sfn_callback.log.write": invariants.told,
        # An error is cut to AWS's limits, which takes longer than what has failed: tests/unit/test_entry.py.
        "sfn_callback.entry.traceback": SimpleNamespace(format_tb=lambda _: []),
        "sfn_callback.documents.chunk_tokens.time": _CLOCK,
        "sfn_callback.documents.pending.time": _CLOCK,
        # What it remembers of waits would differ from run to run: it is always too old.
        "sfn_callback.reports.take.time": _HURRYING_CLOCK,
    }
    if protocol is not None:
        replaced["sfn_callback.documents.workflow.protocol"] = protocol
    if tiny:
        replaced |= _TINY
    with ExitStack() as stack:
        for name, value in {**replaced, **(wrong or {})}.items():
            stack.enter_context(mock.patch(name, value))
        yield


_SIZED = (
    "sfn_callback.fanin.protocol",
    "sfn_callback.fanin.items",
    "sfn_callback.sweeper",
    "testing.memory_ledger",
    "proof.simulator.services",
)
_TINY: dict[str, Any] = {
    **{f"{module}.GROUP_SIZE": 2 for module in _SIZED},
    "testing.memory_ledger.SECTION_SIZE": 2,
    "sfn_callback.fanin.protocol.climb_step": lambda count: min(count, 2),
}


_CLOCK = SimpleNamespace(time=lambda: NOW)
_HURRYING_CLOCK = SimpleNamespace(time=lambda: NOW, monotonic=count(step=3_600).__next__)


class _S3:
    """botocore's client, as far as the package calls it."""

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str = "", **_: Any) -> None:
        ask("bucket", "put_new" if IfNoneMatch else "put", Key, Body)

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        body = ask("bucket", "get", Key)
        # The whole document is one range.
        return {
            "Body": io.BytesIO(body),
            **_described(len(body)),
            "ContentRange": f"bytes 0-{len(body) - 1}/{len(body)}",
        }

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        return _described(ask("bucket", "head", Key))

    def get_paginator(self, _: str) -> "_S3":
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key, "Size": 1} for key in ask("bucket", "list", Prefix)]}]


class _Functions:
    def invoke(self, *, Payload: bytes, **_: Any) -> None:
        ask("functions", "invoke", Payload.decode())

    def get_durable_execution(self, *, DurableExecutionArn: str, **_: Any) -> dict[str, Any]:
        return {"Status": ask("executions", "status", DurableExecutionArn)}

    def send_durable_execution_callback_success(self, *, CallbackId: str, Result: bytes) -> None:
        ask("callbacks", "succeed", DURABLE_MARK + CallbackId, Result.decode())

    def send_durable_execution_callback_failure(self, *, CallbackId: str, Error: Mapping[str, str]) -> None:
        # The SDK drops the type: a function knows the message, and the data.
        cause = json.loads(Error["ErrorData"])["cause"]
        ask("callbacks", "fail", DURABLE_MARK + CallbackId, Error["ErrorMessage"], cause)

    def send_durable_execution_callback_heartbeat(self, *, CallbackId: str) -> None:
        ask("callbacks", "heartbeat", DURABLE_MARK + CallbackId)


class _StepFunctions:
    def send_task_success(self, *, taskToken: str, output: str) -> None:
        ask("states", "succeed", taskToken, output)

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:
        ask("states", "fail", taskToken, error, cause)

    def send_task_heartbeat(self, *, taskToken: str) -> None:
        ask("states", "heartbeat", taskToken)


class _Ledger:
    def __getattr__(self, call: str) -> Callable[..., Any]:
        return lambda *arguments: ask("ledger", call, *arguments)

    def groups(self, fanin: str, numbers: Iterable[int]) -> Iterator[Group]:
        return iter(ask("ledger", "those_of", fanin, tuple(numbers)))

    def heard(self, job: str, chunks: Iterable[int]) -> dict[int, Heard]:
        return dict(ask("ledger", "heard", job, tuple(chunks)))

    def notes(self, fanins: Iterable[str]) -> dict[str, tuple[FanIn, None]]:
        return {name: (ask("ledger", "look", name), None) for name in fanins}

    def secret(self) -> bytes:
        return bytes(32)

    def note_missing(self, _fanin: str, _missing: int) -> int:
        # The sweeper has no patience here: it begins a round whenever it finds that one could be due.
        return 0

    def transfer_tokens(self, fanin: FanIn, to: str) -> None:
        ask("ledger", "transfer_tokens", fanin, to)


@cache
def _settings(tolerated: int, pending: bool) -> settings.Settings:
    environment = {
        "BUCKET": BUCKET,
        "TABLE": "ledger",
        "WORKLOAD": "proof.simulator.workload",
        "RETENTION_DAYS": str(_FOR_EVER_DAYS),
        "STATE_MACHINE_ARN": "documents",
        "PROCESS_FUNCTION": "process",
        "TOLERATED_FAILURE_COUNT": str(tolerated),
        "PENDING_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS) if pending else "",
    }
    return settings.read({settings.PREFIX + name: value for name, value in environment.items()})


def _new_job() -> str:
    return f"{JOB_STAMP}-{current_event().state:012x}"


def _one_by_one(call: Callable[[Any], Any], items: Iterable[Any], *_: object) -> Iterator[Any]:
    return map(call, items)


def _described(size: int) -> dict[str, Any]:
    return {"ContentLength": size, "ETag": '"1"'}


def _do_nothing(*_: object, **__: object) -> None:
    pass
