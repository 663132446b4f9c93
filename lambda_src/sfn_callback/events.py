"""Inbound events as values: what is not of a known shape is refused here, by name, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_callback import chunks, created, given, log
from sfn_callback.errors import InputInvalid

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentAt:
    """Where a document is; ``version`` is the object's version id, where known."""

    bucket: str
    key: str
    version: str | None = None

    def as_input(self) -> dict[str, str]:
        """Return the execution input."""
        version = {"version": self.version} if self.version else {}
        return {"bucket": self.bucket, "key": self.key, **version}


@dataclass(frozen=True, slots=True)
class Drop:
    """A document that was dropped under ``documents/``. ``mark`` differs for each event of a key."""

    document: DocumentAt
    mark: str


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Chunk ``index`` of ``job``, to be recorded as ``slot`` of the fan-in ``fanin``."""

    job: str
    index: int
    fanin: str
    slot: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the state machine carries it: ``round`` 0 is the split's, each redrive is one more.

    ``fanin`` is the current round's fan-in, ``chunks`` the number in all, ``tolerated`` how many may fail.
    """

    job: str
    fanin: str
    chunks: int
    tolerated: int
    round: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """A state that waits for a fan-in; the token is a secret."""

    fanin: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A state that waits for an approval, ``seconds`` in all since it was ``entered``; the token is a secret.

    Each attempt of the state, which lasts ``remind_seconds``, has a token of its own; execution, state and ``entered``
    stay.
    """

    request: Any
    token: str = field(repr=False)
    execution: str
    state: str
    entered: str
    seconds: int
    remind_seconds: int

    @property
    def deadline(self) -> int:
        """Epoch seconds."""
        return int(datetime.fromisoformat(self.entered).timestamp()) + self.seconds

    @property
    def waits(self) -> int:
        """How many attempts it takes to wait until the deadline; one more finds it passed."""
        return -(-self.seconds // max(self.remind_seconds, 1))


@dataclass(frozen=True, slots=True)
class Failure:
    """How an execution fails: ``job`` is ``None`` when splitting itself failed."""

    execution: str
    document: Any
    error: str
    cause: str
    job: Job | None


def document(event: object) -> DocumentAt:
    """Read an execution input, ``{"bucket": …, "key": …}`` with an optional ``version``."""
    fields = given.fields("The execution's input", event)
    version = given.text(fields, "version") if fields.get("version") is not None else None
    return DocumentAt(given.text(fields, "bucket"), given.text(fields, "key"), version)


def drops(event: Event) -> list[Drop]:
    """Read an S3 event of the prefix ``documents/``. Folder markers (a slash at the end, and empty) are left out."""
    found = (one for one in created.objects(event) if not one.is_folder)
    return [Drop(DocumentAt(one.bucket, one.key, one.version), one.mark) for one in found]


def chunk_tasks(event: Event) -> list[ChunkTask]:
    """Read what invokes the processor: an S3 event of the prefix ``chunks/``, or one task from a redrive.

    An object whose key is not a chunk's is left alone, with one warning.
    """
    if "slot" in event:
        return [
            ChunkTask(_fanin(event, "job"), given.number(event, "index"), _fanin(event), given.number(event, "slot"))
        ]
    found = (_chunk_task(one.key) for one in created.objects(event))
    return [task for task in found if task]


def failed_tasks(event: Event) -> tuple[list[ChunkTask], str, str]:
    """Read Lambda's record of an invocation that failed for good: its tasks, the error's name and its message."""
    payload, error, message = failed_invocation(event)
    return chunk_tasks(payload), error, message


def failed_invocation(record: Event) -> tuple[Event, str, str]:
    """Read Lambda's record of an invocation that failed for good: its event, the error's name and its message.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if not isinstance(record, dict) or not isinstance(record.get("requestPayload"), dict):
        raise InputInvalid("This is no record of a failed invocation: it has no requestPayload that is an object.")
    said = {**_fields(record, "requestContext"), **_fields(record, "responsePayload")}
    condition = _said(said, "condition", "Unknown")
    return record["requestPayload"], _said(said, "errorType", condition), _said(said, "errorMessage", condition)


def job(event: object) -> Job:
    """Read a job out of the machine's state."""
    fields = given.fields("A job", event)
    numbers = (given.number(fields, name) for name in ("chunks", "tolerated", "round"))
    return Job(_fanin(fields, "job"), _fanin(fields), *numbers)


def failed_count(event: Event) -> int:
    """Read how many chunks of a job have failed."""
    return given.number(event, "failed")


def wait(event: Event) -> Wait:
    """Read what the waiting state sends: ``{"fanin": …, "token": …}``."""
    return Wait(_fanin(event), given.text(event, "token"))


def asked(event: Event) -> Asked:
    """Read what the waiting state of an approval sends: the request, its token and what the context object tells.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    fields = given.fields("What a state asks for an approval with", event)
    token, execution, state, entered = (given.text(fields, name) for name in ("token", "execution", "state", "entered"))
    try:
        datetime.fromisoformat(entered)
    except ValueError:
        instead = given.instead(event, "entered")
        raise InputInvalid(f"'entered' must be a time such as 2026-01-31T23:59Z{instead}.") from None
    seconds = given.number(event, "timeout_seconds")
    remind = given.number(event, "remind_seconds") if "remind_seconds" in event else seconds
    return Asked(event.get("approval"), token, execution, state, entered, seconds, remind)


def failure(event: Event) -> Failure:
    """Read what the failure branch sends: the execution's name, its state and the error that was caught."""
    state = given.fields("The state", event.get("state"))
    caught = given.fields("The state's failure", state.get("failure"))
    return Failure(
        execution=given.text(event, "execution"),
        document={name: state[name] for name in ("bucket", "key", "version") if isinstance(state.get(name), str)},
        error=_said(caught, "Error", "Unknown"),
        cause=_said(caught, "Cause", ""),
        job=job(state["job"]) if "job" in state else None,
    )


def _fields(record: Event, name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _said(fields: Mapping[str, Any], name: str, otherwise: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else otherwise


def _chunk_task(key: str) -> ChunkTask | None:
    found = chunks.parse_key(key)
    if found is None:
        log.warning("object under chunks/ left alone: its key is not chunks/<job>/<index>", key=key)
        return None
    return ChunkTask(job=found[0], index=found[1], fanin=found[0], slot=found[1])


def _fanin(event: Event, name: str = "fanin") -> str:
    value = given.text(event, name)
    if not chunks.is_fanin(value):
        raise InputInvalid(f"{name!r} must be an id such as 20260131T235959Z-0123456789ab{given.instead(event, name)}.")
    return value
