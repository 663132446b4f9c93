"""Why there is no result: what the job is doing, and what to type."""

import shlex

from sfn_callback.documents import bucket
from sfn_callback.documents.events import DocumentAt
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import LATE, UNWELL, OperatorError, not_found
from sfn_callback_operator.jobs import documents, outcomes, positions
from sfn_callback_operator.jobs.targets import Target


def of_job(target: Target) -> OperatorError:
    """Return why a job has no result."""
    execution, job = target.execution, target.position.job
    if execution is None:
        return not_found(f"Cannot tell which execution splits a document for {target.called}.")
    name = execution.name
    if execution.open:
        fetch = "" if execution.function else " -o FILE"
        waits = f"To wait for its result: sfn-callback watch {execution.target}{fetch}"
        return OperatorError(f"{name} has not merged a result yet: {_doing(target)}. {waits}", LATE)
    if execution.status == "SUCCEEDED":
        return not_found(f"{name} has SUCCEEDED, but its output names no result: sfn-callback show {execution.target}")
    again = f"restart {execution.target}` starts it again"
    if job or target.position.whole:
        again = f"redrive {target.called}` processes what failed again, then merges"
    return OperatorError(
        f"{name} is {execution.status} without a merged result. `sfn-callback show {execution.target}` says why;"
        f" `sfn-callback {again}.",
        UNWELL,
    )


def of_document(deployment: Deployment, at: DocumentAt) -> OperatorError:
    """Return why a document has no result."""
    url = f"s3://{at.bucket}/{at.key}"
    for execution, given in documents.latest(deployment):
        if not isinstance(given, dict) or (given.get("bucket"), given.get("key")) != (at.bucket, at.key):
            continue
        if execution.status == "SUCCEEDED":
            return not_found(f"No merged result names {url} as its document. Try sfn-callback result {execution.name}")
        return of_job(Target(execution, positions.position(execution)))
    return not_found(
        f"There is no merged result of {url}, and no recent execution has split it: is the name right?"
        f" `sfn-callback jobs --all` lists executions. To start one: sfn-callback start {shlex.quote(url)}"
    )


def _doing(target: Target) -> str:
    job, state, whole = target.position.job, target.position.state or "its first state", target.position.whole
    if whole:
        combined = len(bucket.connect().parts(whole.parent).indexes)
        return f"it is at {state}, and {combined:,} of {whole.total:,} parts are done"
    if job is None:
        return f"it is at {state}"
    counted = outcomes.progress(job)
    return f"it is at {state}, and {counted.done:,} of {counted.chunks:,} chunks are done"
