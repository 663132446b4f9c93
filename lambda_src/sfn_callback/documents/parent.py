"""A document in parts: each part is an execution of the documents machine, and this is their parent's own work.

cut → (split … merge, for each part) → merge. ``merge`` reads one object a part, which the part's own execution has
combined. A part whose object exists needs no execution, so cutting again for the same parent returns only the others.
"""

from typing import Any

from sfn_callback import ids, log, workload
from sfn_callback.aws import clients, ranges
from sfn_callback.documents import bucket, parts, workflow
from sfn_callback.documents.events import DocumentAt, Job
from sfn_callback.documents.part_events import Cut
from sfn_callback.documents.source import open_document
from sfn_callback.errors import DocumentChanged, ResultsMissing
from sfn_callback.fanin import ledger
from sfn_callback.log_events import LogEvent


def cut(at: DocumentAt, parent: str | None, execution: str) -> Cut:
    """Cut one version of a document into parts; return those that are not combined yet.

    Raises:
        PartsInvalid: the workload's parts do not cover the document, or are too many.
        DocumentChanged: combined parts of that parent belong to another document.
    """
    functions = workload.connect_parts()
    document = open_document(
        clients.s3(), at.bucket, at.key, at.version, at.options, range_bytes=ranges.SMALL_RANGE_BYTES
    )
    at = DocumentAt(at.bucket, at.key, document.version, document.options)
    found = parts.check_parts(functions.parts(document), document.size)
    combined = frozenset(bucket.connect().parts(parent).indexes) if parent else frozenset()
    job = parent or ids.new_job()
    left = [(number, *range_) for number, range_ in enumerate(found) if number not in combined]
    if ledger.connect().note_parent(job, execution, document.etag) != document.etag:
        raise DocumentChanged(
            f"s3://{at.bucket}/{at.key}: It was overwritten after parts of it were combined: upload it again."
        )
    log.write(
        LogEvent.CUT_DONE,
        job=job,
        bucket=at.bucket,
        key=at.key,
        bytes=document.size,
        parts=len(found),
        left=len(left),
    )
    return Cut(at, job, len(found), left, document.etag, ids.new_run())


def merge(whole: Cut) -> dict[str, Any]:
    """Merge the combined parts in order; return the execution's output.

    Raises:
        ResultsMissing: not all parts are combined.
    """
    store, waited = bucket.connect(), ids.age_seconds(whole.parent)
    listed = store.parts(whole.parent).below(whole.total)
    if missing := sorted(frozenset(range(whole.total)).difference(listed.indexes)):
        raise ResultsMissing(
            f"Only {len(listed.indexes)} of job {whole.parent}'s {whole.total} parts are combined: the first that is"
            f" missing from {listed.folder} is part {missing[0]}."
        )
    counts = [(int(told["chunks"]), int(told["failed"])) for told in store.describe_parts(listed)]
    chunks, failed = (sum(count) for count in zip(*counts, strict=True)) if counts else (0, 0)
    job = Job(job=whole.parent, fanin=whole.parent, chunks=chunks, tolerated=failed, document=whole.document)
    given = workload.connect_parts().merge(workflow.results_of(store, job, listed, failed))
    merged = workflow.write_merged(store, job, failed, given)
    log.write(LogEvent.MERGE_DONE, job=job.job, chunks=chunks, results=whole.total, waited=round(waited, 3))
    return {"parts": whole.total, **merged}
