"""The documents workflow, step by step: what each of its handlers calls.

start → split → (process … chunk_failed) → await_chunks → merge, with redrive and record_failure beside them.
"""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import chunks, clients, fanin, ledger, log, resume, settings, workload
from sfn_callback.document import open_document
from sfn_callback.errors import ChunkGone, ChunkRejected, JobGone, ResultsMissing, TooManyChunks
from sfn_callback.events import ChunkTask, DocumentAt, Drop, Failure, Job, Wait
from sfn_callback.parallel import in_order

_REASON_BYTES = 256
"""A group's item has up to 256 of them."""
_REPORTED = 1_000
_INVOKERS = 16


def start(drops: Iterable[Drop]) -> list[str]:
    """Start an execution for each dropped document, once however often the event comes; return their names."""
    return [_start(drop) for drop in drops]


def _start(drop: Drop) -> str:
    name = execution_name(drop)
    fields = {"execution": name, "key": drop.document.key}
    try:
        clients.stepfunctions().start_execution(
            stateMachineArn=settings.current().state_machine_arn,
            name=name,
            input=json.dumps(drop.document.as_input(), ensure_ascii=False),
        )
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        log.info("execution exists already: a duplicate event", **fields)
        return name
    log.info("execution started", **fields)
    return name


def execution_name(drop: Drop) -> str:
    """Return the execution's name: readable, and the same for every delivery of one event.

    1 to 80 characters of ``A-Za-z0-9_-``. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    at = drop.document
    digest = hashlib.sha256("\0".join((at.bucket, at.key, at.version or "", drop.mark)).encode()).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", at.key.rpartition("/")[2]).strip("-")
    return f"{readable[:47] or 'document'}-{digest[:32]}"


def split(at: DocumentAt) -> Job:
    """Split a document into the chunks of a fresh job, and seal the job's first fan-in.

    Raises:
        TooManyChunks: from the first chunk too many on nothing more is read. Those that are there are processed, and
            expire with their results: a job that was never sealed resumes nobody.
    """
    ours, functions = settings.current(), workload.connect()
    document = open_document(clients.s3(), at.bucket, at.key, at.version)
    job = chunks.new_job()
    log.info("splitting", job=job, bucket=at.bucket, key=at.key, bytes=document.size)
    bodies = (workload.checked("split", body) for body in functions.split(document))
    total = sum(1 for _ in chunks.connect().write_chunks(job, _limited(bodies, ours.max_chunks)))
    tolerated = fanin.tolerated_slots(total, ours.tolerated_count, ours.tolerated_percentage)
    fanin.seal(ledger.connect(), job, total, tolerated)
    log.info("split", job=job, chunks=total, tolerated=tolerated)
    return Job(job=job, fanin=job, chunks=total, tolerated=tolerated)


def process(tasks: Iterable[ChunkTask]) -> None:
    """Process each chunk and record its fate. When some raise, the others are processed all the same.

    Raises:
        Exception: what the workload, or AWS, raised last. Lambda then delivers the event again.
    """
    problem: Exception | None = None
    for task in tasks:
        started = time.monotonic()
        try:
            _process(task, started)
        except Exception as raised:
            log.warning("attempt failed", **_named(task), error=type(raised).__name__, seconds=_since(started))
            problem = raised
    if problem:
        raise problem


def _process(task: ChunkTask, started: float) -> None:
    if chunks.age_seconds(task.job) > settings.current().retention_seconds:
        log.warning("chunk left alone: its job is gone, its retention is over", **_named(task))
        return
    store = chunks.connect()
    if task.fanin != task.job and store.has_result(task.job, task.index):
        # Its event was late, not lost: the round before has done the work.
        fanin.chunk_done(ledger.connect(), task.fanin, task.slot)
        log.info("chunk was done before", **_named(task))
        return
    try:
        chunk = store.read_chunk(task.job, task.index)
        result = workload.checked("process", workload.connect().process(chunk))
    except (ChunkRejected, ChunkGone) as problem:
        chunk_failed([task], type(problem).__name__, str(problem))
        return
    store.write_result(task.job, task.index, result)
    fanin.chunk_done(ledger.connect(), task.fanin, task.slot)
    log.info("chunk done", **_named(task), bytes=len(result), seconds=_since(started))


def chunk_failed(tasks: Iterable[ChunkTask], error: str, message: str) -> None:
    """Record that chunks have failed for good; one that is recorded as done stays done."""
    for task in tasks:
        reason = resume.cut(f"chunk {task.index:08d}: {error}: {message}", _REASON_BYTES)
        fanin.chunk_failed(ledger.connect(), task.fanin, task.slot, reason)
        log.warning("chunk reported as failed", **_named(task), error=error)


def await_chunks(wait: Wait) -> None:
    """Hand the token of the waiting state to the fan-in.

    Raises:
        JobGone: the ledger has no such fan-in (any more), so the wait could only time out.
    """
    waiting = fanin.wait(ledger.connect(), wait.fanin, wait.token)
    log.info("waiting", fanin=wait.fanin, token=log.fingerprint(wait.token))
    if not waiting.sealed:
        raise JobGone(f"The ledger has no sealed fan-in {wait.fanin!r}: it has expired, or was never split.")


def redrive(job: Job) -> Job:
    """Begin a new round: a fan-in over the chunks that have no result, whose processors are invoked anew.

    A round in which nothing is missing is complete at once: that heals a verdict that was not delivered.
    """
    return begin_round(job, list(_without_result(job)))


def begin_round(job: Job, indexes: Sequence[int], failed: Sequence[tuple[int, str]] = ()) -> Job:
    """Begin a round over some chunks, and over others that have ``failed`` in the one before and stay so, with why."""
    again = Job(job.job, f"{job.job}.{job.round + 1}-{secrets.token_hex(4)}", job.chunks, job.tolerated, job.round + 1)
    fanin.seal(ledger.connect(), again.fanin, len(indexes) + len(failed), job.tolerated)
    for slot, (_, reason) in enumerate(failed, len(indexes)):
        fanin.chunk_failed(ledger.connect(), again.fanin, slot, reason)
    tasks = (ChunkTask(job.job, index, again.fanin, slot) for slot, index in enumerate(indexes))
    for _ in in_order(_invoke_processor, tasks, _INVOKERS):
        pass
    log.info("redriven", job=job.job, round=again.round, chunks=len(indexes))
    return again


def _invoke_processor(task: ChunkTask) -> None:
    clients.functions().invoke(
        FunctionName=settings.current().process_function,
        InvocationType="Event",
        Payload=json.dumps(asdict(task)).encode(),
    )


def merge(job: Job, failed: int) -> dict[str, Any]:
    """Merge the results in the order of their chunks; return the execution's output.

    After the last round ``failed`` is what the job tolerates: results may be there although no verdict came.

    Raises:
        ResultsMissing: fewer results than ``failed`` failed chunks leave.
    """
    store, functions, waited = chunks.connect(), workload.connect(), chunks.age_seconds(job.job)
    indexes = [index for index in store.result_indexes(job.job) if index < job.chunks]
    if len(indexes) < job.chunks - failed:
        raise ResultsMissing(
            f"Job {job.job} has {len(indexes)} results of {job.chunks} chunks, of which {failed} may be without one:"
            f" {job.chunks - failed - len(indexes)} are missing from results/{job.job}/."
        )
    merged = functions.merge(store.read_results(job.job, indexes))
    key = store.write_merged(job.job, _pieces(merged))
    log.info("merged", job=job.job, chunks=job.chunks, results=len(indexes), waited=round(waited, 3))
    return {
        "job": job.job,
        "chunks": job.chunks,
        "failed": job.chunks - len(indexes),
        "result": {"bucket": store.bucket, "key": key},
    }


def record_failure(failure: Failure) -> dict[str, Any]:
    """Write what failed to ``failures/<execution>.json``; return error and cause as they are to be shown."""
    store = chunks.connect()
    chunks_of_job = _unfinished(failure.job) if failure.job else {}
    # Step Functions gives a timeout no cause.
    cause = failure.cause or f"Chunks without a result: {chunks_of_job.get('without_result_count', 'unknown')}."
    report = {
        "execution": failure.execution,
        "document": failure.document,
        "error": failure.error,
        "cause": cause,
        **chunks_of_job,
    }
    key = store.write_failure(failure.execution, json.dumps(report, ensure_ascii=False, indent=2).encode())
    log.error("execution fails", execution=failure.execution, error=failure.error, report=key)
    return {"Error": failure.error, "Cause": cause, "Report": {"bucket": store.bucket, "key": key}}


def _unfinished(job: Job) -> dict[str, Any]:
    missing = list(_without_result(job))
    reasons = ledger.connect().reasons(job.fanin, job.chunks)
    return {
        "job": asdict(job),
        "failed": sorted(reasons)[:_REPORTED],
        "without_result_count": len(missing),
        "without_result": missing[:_REPORTED],
    }


def _without_result(job: Job) -> Iterator[int]:
    there = set(chunks.connect().result_indexes(job.job))
    return (index for index in range(job.chunks) if index not in there)


def _limited(bodies: Iterable[bytes], most: int | None) -> Iterator[bytes]:
    limit = min(most or fanin.MAX_SLOTS, fanin.MAX_SLOTS)
    for count, body in enumerate(bodies, 1):
        if count > limit:
            raise TooManyChunks(
                f"split() gave more than {limit:,} chunks. Make them larger, or raise the module's variable"
                f" `max_chunks`, which can be {fanin.MAX_SLOTS:,} at the most."
            )
        yield body


def _pieces(merged: bytes | Iterable[bytes]) -> bytes | Iterable[bytes]:
    if isinstance(merged, bytes):
        return merged
    if isinstance(merged, str) or not isinstance(merged, Iterable):
        return workload.checked("merge", merged)
    return (workload.checked("merge", piece) for piece in merged)


def _named(task: ChunkTask) -> dict[str, Any]:
    round_ = {"fanin": task.fanin} if task.fanin != task.job else {}
    return {"job": task.job, "chunk": task.index, **round_}


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
