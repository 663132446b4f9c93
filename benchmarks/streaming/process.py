"""One task of the splitter or the merger, in a process of its own, and what it took."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import wire
from benchmarks.processes import resident_mb
from benchmarks.streaming.storage import Storage

_JOB = "20260131T235959Z-0123456789ab"
_DOCUMENT = {"bucket": "docs", "key": "documents/d.txt"}


@dataclass(frozen=True, slots=True)
class Task:
    """What to do: a function's name below, with which workload and environment, on which :class:`Storage`.

    ``ends_with`` is the class of the error that it has to end with.
    """

    do: str
    workload: str = "benchmarks.echo"
    chunk_bytes: int = 64 * 1024
    max_chunks: int = 4_000_000
    function_mb: int = 512
    ends_with: str = ""
    storage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Took:
    """What a task took.

    ``chunks`` were written or read; ``ended_with`` is the error that it had to end with; ``memory_mb`` is the most
    above the process that was ready; ``round_trips`` are those of requests that were held to go together.
    """

    chunks: int
    ended_with: str
    cpu_seconds: float
    wall_seconds: float
    memory_mb: float
    requests: dict[str, int]
    round_trips: int


def _split(_: Storage) -> None:
    from sfn_callback.handlers import split

    split.handler({"document": _DOCUMENT}, None)


def _merge(storage: Storage) -> None:
    from sfn_callback.handlers import merge

    job = {"job": _JOB, "fanin": _JOB, "chunks": storage.results, "tolerated": 0, "round": 0}
    merge.handler({"job": job, "failed": 0}, None)


def _redrive(storage: Storage) -> None:
    """No chunk has a result: each is sent to its function again."""
    from sfn_callback.handlers import redrive

    missing, storage.results = storage.results, 0
    job = {"job": _JOB, "fanin": _JOB, "chunks": missing, "tolerated": 0, "round": 0}
    redrive.handler({"job": job}, None)


def _process(_: Storage) -> None:
    from sfn_callback import ids
    from sfn_callback.handlers import process

    # One of today: what is older than its retention is left alone.
    job = ids.new_job()
    process.handler({"job": job, "fanin": job, "slot": 0, "index": 0}, None)


def _plain_split(_: Storage) -> None:
    """One upload after the other, as it is often written."""
    from benchmarks import echo
    from sfn_callback.aws import clients
    from sfn_callback.documents.source import open_document

    client = clients.s3()
    for index, body in enumerate(echo.split(open_document(client, _DOCUMENT["bucket"], _DOCUMENT["key"]))):
        client.put_object(Bucket="docs", Key=f"chunks/{_JOB}/{index:08d}", Body=body)


def _plain_merge(storage: Storage) -> None:
    """One download after the other."""
    from sfn_callback.aws import clients

    for index in range(storage.results):
        clients.s3().get_object(Bucket="docs", Key=f"results/{_JOB}/{index:08d}")["Body"].read()


_DO: dict[str, Callable[[Storage], None]] = {
    "split": _split,
    "merge": _merge,
    "redrive": _redrive,
    "process": _process,
    "plain split": _plain_split,
    "plain merge": _plain_merge,
}


def _took(task: Task) -> Took:
    from sfn_callback.aws import clients
    from sfn_callback.handlers import merge, redrive, split  # noqa: F401 - while Lambda initialises them, clients are made

    storage = Storage(**task.storage)
    for client in (clients.s3(), clients.dynamodb(), clients.functions()):
        wire.answer(client, storage)
    ready, cpu, wall = resident_mb("VmRSS"), time.process_time(), time.perf_counter()
    _end(task, storage)
    return Took(
        chunks=storage.bodies,
        ended_with=task.ends_with,
        cpu_seconds=time.process_time() - cpu,
        wall_seconds=time.perf_counter() - wall,
        memory_mb=resident_mb("VmHWM") - ready,
        requests=dict(storage.requests),
        round_trips=storage.rounds,
    )


def _end(task: Task, storage: Storage) -> None:
    """Do the task.

    Raises:
        RuntimeError: it does not end as it has to.
    """
    ended = ""
    try:
        _DO[task.do](storage)
    except Exception as error:
        ended = type(error).__name__
        if ended != task.ends_with:
            raise
    if ended != task.ends_with:
        raise RuntimeError(f"{task.do} did not end with {task.ends_with}")


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Do a :class:`Task`, and return what it :class:`Took`."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return asdict(_took(Task(**task)))
