"""What does a chunk cost that is finished elsewhere, by each door that its report may come by?"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.billing.meter import Meter
from benchmarks.billing.prices import DURABLE_OPERATION, LAMBDA_REQUEST, TRANSITION, WRITE_UNIT, Usage
from benchmarks.fanins import cloud
from benchmarks.fanins import run as fanin
from benchmarks.fanins.alternative import TOKEN
from benchmarks.fanins.this_project import EXECUTION
from benchmarks.report import Cell, Goal, Section, Table
from sfn_callback import ids, layout
from sfn_callback.aws import clients
from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.items import MAX_SLOTS
from sfn_callback.handlers import report
from testing.environment import BUCKET

BATCH = 100
"""Messages of the event source's batch."""
_MILLION = 1_000_000
_THEIRS = "their-results"
_RESULT = "x" * 1_000

_DOORS = (
    "The chunks of a job are reported through each door to a function that has just started. The function makes or "
    "reads the secret that signs chunk tokens, and checks whether the job still waits, at most once in 30 s. All other "
    "requests are a chunk's own. A result at the chunk's own key is used in place; one in another bucket is copied. "
    "The queue's batches are full here (100 messages); an incomplete batch is delivered after a second, and the goal "
    "is met with 5 messages a batch or more. Dollars are for requests, invocations and write units. What SQS and SNS "
    "bill for messages, and Lambda for time, is not included."
)
_BESIDE = (
    "A million chunks that are handed to somebody else, who reports them. Distributed Map is computed from its "
    "[documented billing](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html): a child "
    "that the Map starts is one transition, and its state with `.waitForTaskToken` another. A child must be Standard, "
    "because [Express has no such "
    "states](https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html), and [10,000 run at "
    "once](https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html). A durable function's "
    "`map` with `wait_for_callback` is not counted by this command: its operations for each chunk were counted with "
    "aws-durable-execution-sdk-python 3.0.0 and its testing package 1.4.0. An execution may have "
    "[3,000](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), at $8 a million "
    "([pricing](https://aws.amazon.com/lambda/pricing/))."
)


@dataclass(frozen=True, slots=True)
class Reported:
    """What so many reports took."""

    chunks: int
    invocations: int
    usage: Usage

    def a_chunk(self, operation: str) -> float:
        """Return how many requests of a kind a chunk takes."""
        return self.usage.requests[operation] / self.chunks

    def usd_a_million(self) -> float:
        """Return what a million chunks cost."""
        billed = Usage(self.usage.requests, self.usage.units + Counter({LAMBDA_REQUEST: self.invocations}))
        return billed.usd_a_million(self.chunks)


Reports = Sequence[dict[str, Any]]
Door = Callable[[Reports], Iterator[dict[str, Any]]]
Said = Callable[[str, int], dict[str, Any]]


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    chunks, few = (300, 20) if quick else (10_000, 1_000)
    counted = {name: count(*kind, chunks if name == _QUEUE else few) for name, kind in _KINDS.items()}
    doors = Section("Chunks that are finished elsewhere", [_DOORS, _doors(counted)], [*_goals(counted)])
    return [doors, Section("Compared with others that wait for reports", [_BESIDE, _beside(counted)])]


def count(door: Door, said: Said, chunks: int) -> Reported:
    """Have so many chunks reported by a door; return what that took."""
    with _job(chunks) as (meter, job):
        reports = [{"token": _token(job, chunk), **said(job, chunk)} for chunk in range(chunks)]
        clients.reset()
        meter.anew()
        answers = [report.handler(event, None) for event in door(reports)]
        if any(answer and answer.get("batchItemFailures") for answer in answers):
            raise AssertionError("reports were not taken")
        if meter.usage.requests["SendTaskSuccess"] != ("heartbeat" not in reports[0]):
            raise AssertionError("the machine was not resumed once")
        return Reported(chunks, len(answers), meter.usage)


@contextmanager
def _job(chunks: int) -> Iterator[tuple[Meter, str]]:
    """Have a machine wait for a job whose chunks are all handed on."""
    # What was seen of a wait holds for 30 s, whatever this machine takes for them.
    clock = mock.patch("sfn_callback.reports.take.time", SimpleNamespace(time=lambda: 0.0, monotonic=lambda: 0.0))
    allowed = mock.patch.dict(os.environ, SFN_CALLBACK_RESULT_BUCKETS=_THEIRS)
    with allowed, clock, cloud.metered() as meter, fanin.silence:
        here = {"LocationConstraint": "eu-central-1"}
        clients.s3().create_bucket(Bucket=_THEIRS, CreateBucketConfiguration=here)  # type: ignore[arg-type]
        clients.s3().put_object(Bucket=_THEIRS, Key="result", Body=_RESULT)
        job = ids.new_job()
        protocol.seal(ledger.connect(), job, chunks, 0)
        protocol.wait(ledger.connect(), job, TOKEN, EXECUTION)
        yield meter, job


def _token(job: str, chunk: int) -> str:
    return chunk_tokens.make(ChunkTask(job, chunk, job, chunk))


def _in_place(job: str, chunk: int) -> dict[str, Any]:
    key = layout.result(job, chunk)
    clients.s3().put_object(Bucket=BUCKET, Key=key, Body=_RESULT)
    return {"result_at": {"bucket": BUCKET, "key": key}}


def _elsewhere(_job: str, _chunk: int) -> dict[str, Any]:
    return {"result_at": {"bucket": _THEIRS, "key": "result"}}


def _as_text(_job: str, _chunk: int) -> dict[str, Any]:
    return {"result": _RESULT}


def _heartbeat(_job: str, _chunk: int) -> dict[str, Any]:
    return {"heartbeat": True}


def by_queue(reports: Reports) -> Iterator[dict[str, Any]]:
    """Yield the events of the queue's event source: its batches are full."""
    records = [{"messageId": str(at), "body": json.dumps(one)} for at, one in enumerate(reports)]
    for start in range(0, len(records), BATCH):
        yield {"Records": [{**one, "eventSource": "aws:sqs"} for one in records[start : start + BATCH]]}


def by_topic(reports: Reports) -> Iterator[dict[str, Any]]:
    """Yield the events of SNS, of which each has one notification."""
    for at, one in enumerate(reports):
        yield {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": str(at), "Message": json.dumps(one)}}]}


def by_invocation(reports: Reports) -> Iterator[dict[str, Any]]:
    """Yield what the function is invoked with."""
    yield from reports


def by_url(reports: Reports) -> Iterator[dict[str, Any]]:
    """Yield a function URL's events."""
    for one in reports:
        request = {"requestContext": {"http": {"method": "POST"}}, "rawPath": "/", "body": json.dumps(one)}
        yield {**request, "headers": {"content-type": "application/json"}}


_QUEUE, _PLACE = "queue", "queue, in place"
_KINDS: dict[str, tuple[Door, Said]] = {
    _QUEUE: (by_queue, _as_text),
    _PLACE: (by_queue, _in_place),
    "queue, copied": (by_queue, _elsewhere),
    "topic": (by_topic, _as_text),
    "invocation": (by_invocation, _as_text),
    "URL": (by_url, _as_text),
    "invocation, a heartbeat": (by_invocation, _heartbeat),
}
_OPERATIONS = ("UpdateItem", "PutObject", "HeadObject", "CopyObject", "BatchGetItem")


def _doors(counted: dict[str, Reported]) -> Table:
    columns = ("door", "reports", "invocations a chunk", *_OPERATIONS, "write units a chunk", "$ a million chunks")
    return Table(columns, [_door_row(name, one) for name, one in counted.items()])


def _door_row(name: str, one: Reported) -> list[Cell]:
    requests = [one.a_chunk(operation) or None for operation in _OPERATIONS]
    units = one.usage.units[WRITE_UNIT] / one.chunks
    return [name, one.chunks, one.invocations / one.chunks, *requests, units, f"${one.usd_a_million():,.2f}"]


def _goals(counted: dict[str, Reported]) -> Iterator[Goal]:
    queue = counted[_QUEUE]
    updates = queue.a_chunk("UpdateItem")
    yield Goal("≤ 1.02 updates of the ledger a chunk", f"{updates:.4g}", updates <= 1.02)
    puts = max(one.a_chunk("PutObject") + one.a_chunk("CopyObject") for one in counted.values())
    yield Goal("≤ 1 object written a chunk, by every door", f"{puts:g}", puts <= 1)
    placed = counted[_PLACE].a_chunk("PutObject") + counted[_PLACE].a_chunk("CopyObject")
    yield Goal("no object written for a result in place", f"{placed:g}", placed == 0)
    invocations = queue.invocations / queue.chunks
    yield Goal("≤ 0.2 invocations a chunk, through the queue", f"{invocations:g}", invocations <= 0.2)
    looks = max(one.usage.requests["BatchGetItem"] for one in counted.values())
    yield Goal("one look at the wait in 30 s and function", str(looks), looks == 1)


def _beside(counted: dict[str, Reported]) -> Table:
    columns = ("", "transitions a chunk", "operations a chunk", "most chunks of a wait", "$ a million chunks")
    ours = [
        [f"**this project**, {name}", None, None, MAX_SLOTS, f"${counted[name].usd_a_million():,.2f}"]
        for name in (_QUEUE, _PLACE, "invocation")
    ]
    return Table(columns, [*ours, _map_row(), *_durable_rows()])


def _map_row() -> list[Cell]:
    dollars = Usage(units=Counter({TRANSITION: 2 * _MILLION})).usd()
    return ["Distributed Map, a child with a token", 2, None, "10,000 at once", f"${dollars:,.2f}"]


def _durable_rows() -> Iterator[list[Cell]]:
    for form, operations, most in (("flat", 3, 999), ("nested", 4, 749)):
        dollars = Usage(units=Counter({DURABLE_OPERATION: operations * _MILLION})).usd()
        yield [f"durable `map`, {form}, `wait_for_callback`", None, operations, most, f"${dollars:,.2f}"]
