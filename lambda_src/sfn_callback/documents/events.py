"""Inbound events as values: any unknown shape is refused here, by name, and nowhere else."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sfn_callback import ids, layout, log, validation
from sfn_callback.aws import records, s3_events
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent
from sfn_callback.validation import Event

MAX_INPUT = 102_400
"""Bytes of JSON. The input stays in the machine's state, of which AWS takes 256 KiB and catches nothing beyond: the job
and two caught errors have to fit as well (``tests/functional/test_sizes.py``)."""
MAX_OPTIONS = 1_024
"""Bytes of JSON: they are kept beside each chunk, where S3 takes 2 KB in all."""


@dataclass(frozen=True, slots=True)
class Part:
    """Part ``number`` of the document of the job ``parent``: the bytes from ``start`` to before ``end``.

    ``etag`` is the document's: where its bucket keeps no versions, another one is another document.
    """

    parent: str
    number: int
    start: int
    end: int
    etag: str


@dataclass(frozen=True, slots=True)
class DocumentAt:
    """Where a document is; ``version`` is the object's version id, where known; ``options`` are the execution's.

    ``part`` is set if only a part of it is meant.
    """

    bucket: str
    key: str
    version: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    part: Part | None = None

    def as_input(self) -> dict[str, Any]:
        """Return the execution input."""
        version = {"version": self.version} if self.version else {}
        options = {"options": dict(self.options)} if self.options else {}
        part = {"part": asdict(self.part)} if self.part else {}
        return {"bucket": self.bucket, "key": self.key, **version, **options, **part}


@dataclass(frozen=True, slots=True)
class Drop:
    """A document of ``size`` bytes that was uploaded under ``documents/``. ``mark`` differs for each event of a key."""

    document: DocumentAt
    mark: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Chunk ``index`` of ``job``, to be recorded as ``slot`` of the fan-in ``fanin``.

    ``again`` says to process a pending chunk again although somebody works on it.
    """

    job: str
    index: int
    fanin: str
    slot: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the state machine carries it: ``round`` 0 is the split's, each redrive is one more.

    ``fanin`` is the current round's fan-in, ``chunks`` the number in all, ``tolerated`` how many may fail, and
    ``document`` what was split, with the options that its chunks were given (``None``: split before this was kept).
    """

    job: str
    fanin: str
    chunks: int
    tolerated: int
    round: int = 0
    document: DocumentAt | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what :func:`job` reads."""
        document = {"document": self.document.as_input()} if self.document else {}
        return {
            "job": self.job,
            "fanin": self.fanin,
            "chunks": self.chunks,
            "tolerated": self.tolerated,
            "round": self.round,
            **document,
        }


@dataclass(frozen=True, slots=True)
class Wait:
    """A state that waits for a fan-in; the token is a secret, ``execution`` the ARN of whose state it is, if told."""

    fanin: str
    token: str = field(repr=False)
    execution: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """How an execution fails: ``job`` is ``None`` when splitting itself failed.

    ``parent`` is a job that has parts, and ``run`` the cut whose parts were run, where it came to that.
    """

    execution: str
    document: Mapping[str, Any]
    error: str
    cause: str
    job: Job | None
    parent: str | None = None
    run: str = ""


def document(event: object, *, cut_before: bool = False) -> DocumentAt:
    """Read an execution input, ``{"bucket": …, "key": …}`` with an optional ``version`` and ``options``.

    If it was ``cut_before``, its options were read from the document.
    """
    fields = validation.fields("The execution's input", event)
    if (size := _size(fields)) > MAX_INPUT:
        raise InputInvalid(
            f"The execution's input has {size:,} bytes of JSON; the limit is {MAX_INPUT:,}. Put larger data"
            " into an object on S3, and its key into the options."
        )
    at = document_at(fields)
    # After the cut they also contain the document's metadata; they were checked without it.
    if at.part is None and not cut_before and (size := _size(at.options)) > MAX_OPTIONS:
        raise InputInvalid(
            f"'options' have {size:,} bytes of JSON; the limit is {MAX_OPTIONS:,}, because every chunk carries"
            " them. Put larger data into an object on S3, and its key into the options."
        )
    return at


def _size(value: Event) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def document_at(fields: Event) -> DocumentAt:
    """Read where a document is, without a limit on the input's size."""
    version = validation.text(fields, "version") if fields.get("version") is not None else None
    options = fields.get("options") or {}
    if not isinstance(options, dict):
        raise InputInvalid(f"'options' must be a JSON object{validation.instead(fields, 'options')}.")
    part = _part(validation.fields("'part'", fields["part"])) if fields.get("part") is not None else None
    return DocumentAt(validation.bucket(fields), validation.text(fields, "key"), version, options, part)


def _part(fields: Event) -> Part:
    number, start, end = (validation.number(fields, name) for name in ("number", "start", "end"))
    return Part(fanin(fields, "parent"), number, start, end, validation.text(fields, "etag"))


def fanin(event: Event, name: str = "fanin") -> str:
    """Read a field that names a fan-in, or a job, which is called as its first one."""
    value = validation.text(event, name)
    if not ids.is_fanin(value):
        raise InputInvalid(
            f"{name!r} must be an id such as 20260131T235959Z-0123456789ab{validation.instead(event, name)}."
        )
    return value


def drops(event: Event) -> list[Drop]:
    """Read an S3 event of the prefix ``documents/``. Folder markers (a slash at the end, and empty) are left out."""
    files = (file for file in s3_events.objects(event) if not file.is_folder)
    return [Drop(DocumentAt(file.bucket, file.key, file.version), file.mark, file.size) for file in files]


def chunk_tasks(event: Event) -> list[ChunkTask]:
    """Read what invokes the processor: an S3 event of the prefix ``chunks/``, or one task from a redrive.

    An object whose key is not a chunk's is ignored, with one warning.
    """
    if "slot" in event:
        index, slot = (validation.number(event, name) for name in ("index", "slot"))
        return [ChunkTask(fanin(event, "job"), index, fanin(event), slot, event.get("again") is True)]
    tasks = (_chunk_task(one.key) for one in s3_events.objects(event))
    return [task for task in tasks if task]


def failed_tasks(event: Event) -> tuple[list[ChunkTask], str, str]:
    """Read Lambda's record of an invocation that failed for good: its tasks, the error's name and its message."""
    payload, error, message = records.failed_invocation(event)
    return chunk_tasks(payload), error, message


def job(event: object) -> Job:
    """Read a job as :meth:`Job.as_json` writes it."""
    fields = validation.fields("A job", event)
    chunks, tolerated, round_ = (validation.number(fields, name) for name in ("chunks", "tolerated", "round"))
    at = document_at(validation.fields("A job's document", fields["document"])) if fields.get("document") else None
    return Job(fanin(fields, "job"), fanin(fields), chunks, tolerated, round_, at)


def job_of(state: Mapping[str, Any]) -> Job | None:
    """Read a job out of the machine's state, ``None`` where it has none yet."""
    holder = state.get("split") if isinstance(state.get("split"), dict) else state
    return job(holder["job"]) if holder and "job" in holder else None


def wait(event: Event) -> Wait:
    """Read what the waiting state sends: ``{"fanin": …, "token": …, "execution": …}``.

    Older machines and a caller's own templates do not send the execution.
    """
    execution = event.get("execution")
    # Anything but an ARN may be a misplaced token.
    known = isinstance(execution, str) and execution.startswith("arn:")
    return Wait(fanin(event), validation.text(event, "token"), execution if known else None)


def failure(event: Event) -> Failure:
    """Read what the failure branch sends: the execution's name, its state and the error that was caught."""
    state = validation.fields("The state", event.get("state"))
    caught = validation.fields("The state's failure", state.get("failure"))
    # Before the cut the state is the execution's input, which may have any field called parent.
    run = validation.text_or(state, "run", "")
    return Failure(
        execution=validation.text(event, "execution"),
        document={name: state[name] for name in ("bucket", "key", "version") if isinstance(state.get(name), str)},
        error=validation.text_or(caught, "Error", "Unknown"),
        cause=records.message_in(validation.text_or(caught, "Cause", "")),
        job=job_of(state),
        parent=_cut_parent(state) if run else None,
        run=run,
    )


def _cut_parent(state: Event) -> str | None:
    given = state.get("parent")
    return given if isinstance(given, str) and ids.is_fanin(given) else None


def _chunk_task(key: str) -> ChunkTask | None:
    position = layout.parse_chunk(key)
    if position is None:
        log.write(LogEvent.CHUNK_KEY_IGNORED, key=key)
        return None
    return ChunkTask(job=position[0], index=position[1], fanin=position[0], slot=position[1])
