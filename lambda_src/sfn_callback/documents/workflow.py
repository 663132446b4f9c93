"""The documents workflow, step by step: what each of its handlers calls.

start → split → (process … chunk_failed) → await_chunks → merge, with redrive and record_failure beside them.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import batch, contract, ids, layout, log, resume, settings, texts, workload
from sfn_callback.aws import clients
from sfn_callback.contract import PENDING, About, Content, Results, Source
from sfn_callback.documents import bucket, metadata, part_executions, pending, redrive
from sfn_callback.documents.bucket import Listed, Store
from sfn_callback.documents.events import ChunkTask, DocumentAt, Drop, Failure, Job, Wait
from sfn_callback.documents.source import open_document
from sfn_callback.errors import ChunkGone, ChunkRejected, JobGone, MetadataTooLarge, ResultsMissing, TooManyChunks
from sfn_callback.fanin import items, ledger, protocol, verdict
from sfn_callback.log_events import LogEvent

_REASON_BYTES = 256
"""A group's item has up to 256 of them."""
REPORTED = 1_000
"""So many chunks and reasons are listed in a report, at most."""


def start(drops: Iterable[Drop]) -> list[str]:
    """Start an execution for each uploaded document, once however often its event comes; return their names.

    Objects with another suffix than documents have are ignored.
    """
    return [_start(drop) for drop in drops if _is_document(drop.document.key)]


def _is_document(key: str) -> bool:
    suffixes = settings.current().document_suffixes
    if not suffixes or key.lower().endswith(suffixes):
        return True
    log.write(LogEvent.DOCUMENT_IGNORED, key=key)
    return False


def _start(drop: Drop) -> str:
    name = execution_name(drop)
    fields = {"execution": name, "key": drop.document.key}
    ours = settings.current()
    in_parts = ours.parts_machine_arn and drop.size > ours.parts_over_bytes
    try:
        clients.stepfunctions().start_execution(
            stateMachineArn=ours.parts_machine_arn if in_parts else ours.state_machine_arn,
            name=name,
            input=json.dumps(drop.document.as_input(), ensure_ascii=False),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        log.write(LogEvent.EXECUTION_EXISTS, **fields)
        return name
    log.write(LogEvent.EXECUTION_STARTED, **fields)
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
        TooManyChunks: nothing is read after the first chunk too many. The existing chunks are processed, and expire
            with their results: a job that was never sealed resumes nobody.
    """
    config, functions = settings.current(), workload.connect()
    document = open_document(clients.s3(), at.bucket, at.key, at.version, at.options, part=at.part)
    at = DocumentAt(at.bucket, at.key, document.version, document.options, at.part)
    job = ids.new_job()
    part = {"parent": at.part.parent, "part": at.part.number} if at.part else {}
    log.write(LogEvent.SPLIT_STARTED, job=job, bucket=at.bucket, key=at.key, bytes=document.size, **part)
    contents = _limited(functions.split(document), config.max_chunks)
    total = sum(1 for _ in bucket.connect().write_chunks(job, contents, About(_source(at), at.options)))
    tolerated = verdict.tolerated_slots(total, config.tolerated_count, config.tolerated_percentage)
    protocol.seal(ledger.connect(), job, total, tolerated)
    log.write(LogEvent.SPLIT_DONE, job=job, chunks=total, tolerated=tolerated)
    return Job(job=job, fanin=job, chunks=total, tolerated=tolerated, document=at)


def process(tasks: Iterable[ChunkTask]) -> None:
    """Process each chunk and record its outcome. When some raise, the others are processed all the same.

    Raises:
        Exception: the last error of the workload or AWS. Lambda then delivers the event again.
    """
    batch.for_each(tasks, _attempt)


def _attempt(task: ChunkTask) -> None:
    started = time.monotonic()
    try:
        _process(task, started)
    except Exception as raised:
        log.write(LogEvent.ATTEMPT_FAILED, **named(task), error=texts.name(raised), seconds=_since(started))
        raise


def _process(task: ChunkTask, started: float) -> None:
    if ids.age_seconds(task.job) > settings.current().retention_seconds:
        log.write(LogEvent.CHUNK_EXPIRED, **named(task))
        return
    store = bucket.connect()
    if task.fanin != task.job and store.has_result(task.job, task.index):
        # Its event was late, not lost: the previous round has done the work.
        protocol.chunk_done(ledger.connect(), task.fanin, task.slot)
        log.write(LogEvent.CHUNK_DONE_BEFORE, **named(task))
        return
    if pending.is_left(task):
        log.write(LogEvent.CHUNK_LEFT_PENDING, **named(task))
        return
    try:
        chunk = store.read_chunk(task.job, task.index)
        chunk.with_token(pending.token_maker(task))
        given = workload.connect().process(chunk)
        if given is PENDING:
            pending.check_handed_on(chunk)
            log.write(LogEvent.CHUNK_PENDING, **named(task), seconds=_since(started))
            return
        size = store.write_result(task.job, task.index, contract.content("process", given))
    except (ChunkRejected, ChunkGone) as error:
        chunk_failed([task], texts.name(error), texts.message(error))
        return
    protocol.chunk_done(ledger.connect(), task.fanin, task.slot)
    log.write(LogEvent.CHUNK_DONE, **named(task), bytes=size, seconds=_since(started))


def chunk_failed(tasks: Iterable[ChunkTask], error: str, message: str) -> None:
    """Record that chunks have failed for good; one that is recorded as done stays done."""

    def record(task: ChunkTask) -> None:
        protocol.chunk_failed(ledger.connect(), task.fanin, task.slot, reason(task, error, message))
        log.write(LogEvent.CHUNK_FAILED, **named(task), error=error)

    batch.for_each(tasks, record)


def reason(task: ChunkTask, error: str, message: str) -> str:
    """Return why a chunk failed, as its group keeps it."""
    return texts.cut(f"chunk {task.index:08d}: {error}: {message}", _REASON_BYTES)


def await_chunks(wait: Wait) -> None:
    """Hand the token of the waiting state to the fan-in.

    Raises:
        JobGone: the ledger has no such fan-in (any more), so the wait could only time out.
        ResumeUnsupported: the token could not be answered.
    """
    resume.check_answerable(wait.token)
    waiting = protocol.wait(ledger.connect(), wait.fanin, wait.token, wait.execution)
    log.write(LogEvent.WAIT_STARTED, fanin=wait.fanin, token=log.fingerprint(wait.token))
    if not waiting.sealed:
        raise JobGone(f"The ledger has no sealed fan-in {wait.fanin!r}: it has expired, or was never split.")


def merge(job: Job, failed: int) -> dict[str, Any]:
    """Merge the results in the order of their chunks, or combine those of a part; return the execution's output.

    After the last round ``failed`` is what the job tolerates: results may exist although no verdict came.

    Raises:
        ResultsMissing: more than ``failed`` chunks have no result.
    """
    store, waited = bucket.connect(), ids.age_seconds(job.job)
    listed = store.results(job.job).below(job.chunks)
    missing = job.chunks - len(listed.indexes)
    if missing > failed:
        raise ResultsMissing(
            f"Only {len(listed.indexes)} of job {job.job}'s {job.chunks} chunks have results, and {failed} may be"
            f" missing: {missing - failed} more are missing from {layout.results(job.job)}."
        )
    results = results_of(store, job, listed, missing)
    fields = {"job": job.job, "chunks": job.chunks, "results": len(listed.indexes), "waited": round(waited, 3)}
    if job.document and job.document.part:
        part = job.document.part
        combined = contract.content("combine", workload.connect_parts().combine(results))
        store.write_part(part.parent, part.number, combined, told_of(_source(job.document), job, missing))
        log.write(LogEvent.PART_DONE, **fields, parent=part.parent, part=part.number)
        return {"job": job.job, "chunks": job.chunks, "failed": missing}
    merged = write_merged(store, job, missing, workload.connect().merge(results))
    log.write(LogEvent.MERGE_DONE, **fields)
    return merged


def write_merged(store: Store, job: Job, failed: int, given: object) -> dict[str, Any]:
    """Write what ``merge`` returned; return the execution's output."""
    key = layout.merged(job.document.key if job.document else "", job.job)
    merged = contract.content("merge", given)
    beside = store.write_merged(key, merged, told_of(_source(job.document), job, failed))
    return {
        "job": job.job,
        "chunks": job.chunks,
        "failed": failed,
        "result": _object(store, key),
        **({"beside": {name: _object(store, key) for name, key in beside.items()}} if beside else {}),
    }


def results_of(store: Store, job: Job, listed: Listed, failed: int) -> Results:
    """Return the listed results for ``merge``."""
    return Results(
        store.read_results(listed),
        store.open_results(listed),
        job=job.job,
        chunks=job.chunks,
        failed=failed,
        document=_source(job.document),
        options=job.document.options if job.document else {},
    )


def record_failure(failure: Failure) -> dict[str, Any]:
    """Write the report under ``failures/``; return the error and cause to show."""
    store, at = bucket.connect(), failure.document
    chunks_of_job = _unfinished(failure.job) if failure.job else {}
    if failure.parent:
        part_executions.stop(failure.parent, failure.run)
    # Step Functions gives a timeout no cause, and a Map says of its items only that too many have failed.
    of_part = part_executions.why_failed(failure.parent, failure.run) if failure.parent else ""
    without = f"Chunks without a result: {chunks_of_job.get('without_result_count', 'unknown')}."
    cause = of_part or failure.cause or without
    report = {"execution": failure.execution, "document": at, "error": failure.error, "cause": cause, **chunks_of_job}
    key = layout.failure(at.get("key", ""), failure.execution)
    source = Source(at.get("bucket", ""), at.get("key", ""), at.get("version"))
    user_metadata = told_of(source, failure.job, chunks_of_job.get("without_result_count", 0))
    store.write_failure(key, json.dumps(report, ensure_ascii=False, indent=2).encode(), user_metadata)
    log.write(LogEvent.EXECUTION_FAILED, execution=failure.execution, error=failure.error, report=key)
    return {"Error": failure.error, "Cause": cause, "Report": _object(store, key)}


def _source(at: DocumentAt | None) -> Source | None:
    return Source(at.bucket, at.key, at.version) if at else None


def told_of(document: Source | None, job: Job | None, failed: int) -> dict[str, str]:
    """Return the user metadata of a merged object, or of a report."""
    at = document or Source("", "")
    numbers = {"job": job.job, "chunks": str(job.chunks), "failed": str(failed)} if job else {}
    try:
        return metadata.encode({"bucket": at.bucket, "document": at.key, "version": at.version or "", **numbers})
    except MetadataTooLarge:
        # S3 cannot have an object with such a key: the report must not fail for the same reason.
        return numbers


def _object(store: Store, key: str) -> dict[str, str]:
    return {"bucket": store.bucket, "key": key}


def _unfinished(job: Job) -> dict[str, Any]:
    missing = list(redrive.without_result(job))
    reasons = ledger.connect().reasons(job.fanin, job.chunks, REPORTED)
    return {
        "job": asdict(job),
        "failed": sorted(reasons),
        "without_result_count": len(missing),
        "without_result": missing[:REPORTED],
    }


def _limited(chunks: Iterable[Any], most: int | None) -> Iterator[Content]:
    limit = min(most or items.MAX_SLOTS, items.MAX_SLOTS)
    for count, chunk in enumerate(chunks, 1):
        if count > limit:
            raise TooManyChunks(
                f"split() returned more than {limit:,} chunks. Make them larger, raise the module's variable"
                " `max_chunks`, or have the document cut into parts (`parts`)."
            )
        yield contract.content("split", chunk)


def named(task: ChunkTask) -> dict[str, Any]:
    """Return the fields by which a log line names its chunk."""
    round_ = {"fanin": task.fanin} if task.fanin != task.job else {}
    return {"job": task.job, "chunk": task.index, **round_}


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
