"""The merged result of a document: its place, also after a redrive of a failed job, or why there is none."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sfn_callback import ids, layout, settings
from sfn_callback.aws import clients
from sfn_callback.documents import events, metadata
from sfn_callback.documents.events import DocumentAt, Job
from sfn_callback.errors import InputInvalid
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import NOT_FOUND, USAGE, OperatorError, not_found, unless_absent
from sfn_callback_operator.jobs import absences, documents, executions, targets
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.targets import Target

MERGING = ("documents", "parts")
"""The workflows that merge something."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an object."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """Return it as ``s3://…``."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Result:
    """A merged object, or one beside it; ``metadata`` says of which document and job it is."""

    place: Place
    size: int
    content_type: str
    metadata: Mapping[str, str]

    @property
    def is_text(self) -> bool:
        """Whether a terminal can show it."""
        kind = self.content_type.partition(";")[0].strip().lower()
        return kind.startswith("text/") or kind == "application/json"

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        about = {"size": self.size, "content_type": self.content_type, "metadata": dict(self.metadata)}
        return {"bucket": self.place.bucket, "key": self.place.key, **about}


def named(deployment: Deployment, name: str) -> Result:
    """Return the result of a job or an execution, or the newest one of a document or a file that ``start`` uploaded.

    Raises:
        OperatorError: there is none (yet); it says what the job is doing instead.
    """
    if "documents" not in deployment.machines:
        raise not_found(f"{deployment.name} does not split documents, so it has no merged results.")
    target = _target(deployment, name)
    if target:
        return of(target)
    try:
        return _newest(deployment, documents.named(deployment, name))
    except OperatorError as absent:
        # Path's is_file raises where a name is too long for a file's, as a key's can be.
        if absent.code != NOT_FOUND or not os.path.isfile(name):  # noqa: PTH113
            raise
    return _newest(deployment, documents.named(deployment, Path(name).name))


def of(target: Target) -> Result:
    """Return the result of a job; errors as :func:`named`."""
    location = place(target)
    if location is None:
        raise absences.of_job(target)
    result = _looked_at(location)
    if result is None:
        raise not_found(
            f"{location.url} no longer exists: somebody, or a lifecycle rule of the bucket, has deleted it."
        )
    return result


def place(target: Target) -> Place | None:
    """Return the place of a job's result, ``None`` if it has none yet."""
    return _told(target.execution) or _made_good(target)


def made(job: Job) -> Place:
    """Return the place to which a job that knows its document is merged, or a part is combined."""
    at = job.document
    if at and at.part:
        return Place(settings.current().bucket, layout.numbered(layout.parts(at.part.parent), at.part.number))
    return Place(settings.current().bucket, layout.merged(at.key if at else "", job.job))


def report(target: Target) -> Place | None:
    """Return the place of the failure report, ``None`` if there is none."""
    if target.execution and target.execution.function:
        return _reported(target, target.execution.name)
    given = target.position.given
    return _place(given.get("failure"), "Report") if isinstance(given, dict) else None


def document(target: Target) -> DocumentAt | None:
    """Return the document that was split; for an older job without that record, from its execution's input."""
    job, execution = target.position.job, target.execution
    if target.position.whole:
        return target.position.whole.document
    if execution is None or (job and job.document):
        return job.document if job else None
    if execution.function:
        return _of_chunk(job) if job else None
    _, description = executions.described(execution.arn, execution.workflow)
    try:
        return events.document(json.loads(description.get("input") or "null"))
    except InputInvalid:
        return None


def _reported(target: Target, execution: str) -> Place | None:
    """Return the place of a durable function's report, if it exists; its history is not read."""
    at = document(target)
    if at is None:
        return None
    found = Place(settings.current().bucket, layout.failure(at.key, execution))
    return found if found.key in _keys(found.bucket, found.key) else None


def _of_chunk(job: Job) -> DocumentAt | None:
    """Return the document according to a job's first chunk, ``None`` if that no longer exists."""
    where = Place(settings.current().bucket, layout.chunk(job.job, 0))
    head = unless_absent(lambda: clients.s3().head_object(Bucket=where.bucket, Key=where.key))
    told = metadata.about(head.get("Metadata", {}), "") if head else None
    if told is None or told.document is None:
        return None
    return DocumentAt(told.document.bucket, told.document.key, told.document.version, told.options)


def names_beside(location: Place) -> list[str]:
    """Return the names of the objects that merge returned beside its result."""
    prefix = layout.beside(location.key, "")
    return [key.removeprefix(prefix) for key in _keys(location.bucket, prefix)]


def beside(result: Result, name: str) -> Result:
    """Return the object that merge returned beside its result under that name.

    Raises:
        OperatorError: there is no such object; the message names the existing ones.
    """
    at = result.place
    sibling = _looked_at(Place(at.bucket, layout.beside(at.key, name))) if name in names_beside(at) else None
    if sibling is None:
        there = ", ".join(names_beside(at)) or "nothing"
        raise not_found(f"There is no {name!r} beside {at.url}; there is {there}.")
    return sibling


def _target(deployment: Deployment, name: str) -> Target | None:
    """Return the named job or execution, ``None`` if the name is a document's."""
    if documents.is_named(name):
        return None
    target = targets.with_chunks(deployment, name)
    merges = target and target.position.job and target.execution and target.execution.function
    if target and target.execution and target.execution.workflow not in MERGING and not merges:
        raise OperatorError(
            f"{name} is an execution of {target.execution.workflow}, which has no merged result: `sfn-callback"
            f" watch {name}`"
            f" shows its output. If you mean a document, name it {layout.DOCUMENTS}{name}.",
            USAGE,
        )
    return target


def _newest(deployment: Deployment, at: DocumentAt) -> Result:
    """Return the newest result of a document."""
    folder = layout.merged_folder(at.key)
    keys = _keys(deployment.settings.bucket, folder, Delimiter="/")
    # What is beside a result can have the name of a redrive's fan-in.
    jobs = (name for name in (key.removeprefix(folder) for key in keys) if "." not in name and ids.is_fanin(name))
    for job in sorted(jobs, reverse=True):
        result = _looked_at(Place(deployment.settings.bucket, f"{folder}{job}"))
        if result and (result.metadata.get("bucket"), result.metadata.get("document")) == (at.bucket, at.key):
            return result
    raise absences.of_document(deployment, at)


def _told(execution: Execution | None) -> Place | None:
    """Return the place that an execution's output names."""
    if execution is None or execution.status != "SUCCEEDED" or execution.function:
        return None
    _, description = executions.described(execution.arn, execution.workflow)
    return _place(json.loads(description.get("output") or "null"), "result")


def _made_good(target: Target) -> Place | None:
    """Return the place where merge puts a job's result, if it exists."""
    job, whole = target.position.job, target.position.whole
    if whole:
        found = Place(settings.current().bucket, layout.merged(whole.document.key, whole.parent))
    elif job and (at := document(target)):
        found = made(replace(job, document=at))
    else:
        return None
    return found if found.key in _keys(found.bucket, found.key) else None


def _place(holder: Any, name: str) -> Place | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, dict):
        return None
    bucket, key = value.get("bucket"), value.get("key")
    return Place(bucket, key) if isinstance(bucket, str) and isinstance(key, str) else None


def _keys(bucket: str, prefix: str, **more: Any) -> Iterator[str]:
    """Yield keys, which needs no permission to read the objects."""
    pages = clients.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **more)
    return (entry["Key"] for page in pages for entry in page.get("Contents", ()))


def _looked_at(location: Place) -> Result | None:
    head = unless_absent(lambda: clients.s3().head_object(Bucket=location.bucket, Key=location.key))
    if head is None:
        return None
    user_metadata = metadata.decode_all(head.get("Metadata", {}))
    return Result(location, head["ContentLength"], head.get("ContentType", ""), user_metadata)
