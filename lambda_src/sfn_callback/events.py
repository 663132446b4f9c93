"""Inbound events as values: what is not of a known shape is refused here, by name, and nowhere else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from sfn_callback import chunks, log
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
    """A document that was dropped under ``documents/``. ``sequencer`` differs for each event of a key."""

    document: DocumentAt
    sequencer: str


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

    Each attempt of the state has a token of its own; execution, state and ``entered`` stay.
    """

    request: Any
    token: str = field(repr=False)
    execution: str
    state: str
    entered: str
    seconds: int

    @property
    def deadline(self) -> int:
        """Epoch seconds."""
        return int(datetime.fromisoformat(self.entered).timestamp()) + self.seconds


@dataclass(frozen=True, slots=True)
class Failure:
    """How an execution fails: ``job`` is ``None`` when splitting itself failed."""

    execution: str
    document: Any
    error: str
    cause: str
    job: Job | None


def document(event: Event) -> DocumentAt:
    """Read an execution input, ``{"bucket": …, "key": …}`` with an optional ``version``."""
    return DocumentAt(_text(event, "bucket"), _text(event, "key"), event.get("version"))


def drops(event: Event) -> list[Drop]:
    """Read an S3 event of the prefix ``documents/``. Folder markers are left out."""
    found = [_drop(record["s3"]["object"], record["s3"]["bucket"]["name"]) for record in _records(event)]
    return [drop for drop in found if not drop.document.key.endswith("/")]


def chunk_tasks(event: Event) -> list[ChunkTask]:
    """Read what invokes the processor: an S3 event of the prefix ``chunks/``, or one task from a redrive.

    An object whose key is not a chunk's is left alone, with one warning.
    """
    if "slot" in event:
        return [ChunkTask(_text(event, "job"), _number(event, "index"), _text(event, "fanin"), _number(event, "slot"))]
    keys = [unquote_plus(record["s3"]["object"]["key"]) for record in _records(event)]
    return [task for task in map(_chunk_task, keys) if task]


def failed_tasks(event: Event) -> tuple[list[ChunkTask], str, str]:
    """Read Lambda's record of an invocation that failed for good: its tasks, the error's name and its message.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if "requestPayload" not in event:
        raise InputInvalid("This is no record of a failed invocation: it has no requestPayload.")
    response = event.get("responsePayload") or {}
    condition = event.get("requestContext", {}).get("condition", "Unknown")
    error = str(response.get("errorType", condition))
    return chunk_tasks(event["requestPayload"]), error, str(response.get("errorMessage", condition))


def job(event: Event) -> Job:
    """Read a job out of the machine's state."""
    numbers = (_number(event, name) for name in ("chunks", "tolerated", "round"))
    return Job(_text(event, "job"), _text(event, "fanin"), *numbers)


def failed_count(event: Event) -> int:
    """Read how many chunks of a job have failed."""
    return _number(event, "failed")


def wait(event: Event) -> Wait:
    """Read what the waiting state sends: ``{"fanin": …, "token": …}``."""
    return Wait(_text(event, "fanin"), _text(event, "token"))


def asked(event: Event) -> Asked:
    """Read what the waiting state of an approval sends: the request, its token and what the context object tells.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    token, execution, state, entered = (_text(event, name) for name in ("token", "execution", "state", "entered"))
    try:
        datetime.fromisoformat(entered)
    except ValueError:
        raise InputInvalid(f"'entered' must be a time such as 2026-01-31T23:59Z{_given(event, 'entered')}.") from None
    return Asked(event.get("approval"), token, execution, state, entered, _number(event, "timeout_seconds"))


def failure(event: Event) -> Failure:
    """Read what the failure branch sends: the execution's name, its state and the error that was caught."""
    state, caught = event["state"], event["state"]["failure"]
    return Failure(
        execution=_text(event, "execution"),
        document={name: state.get(name) for name in ("bucket", "key", "version") if name in state},
        error=caught.get("Error", "Unknown"),
        cause=caught.get("Cause") or "",
        job=job(state["job"]) if "job" in state else None,
    )


def _records(event: Event) -> list[Any]:
    if event.get("Event") == "s3:TestEvent":
        log.info("S3 test event: the notification is in place", bucket=event.get("Bucket"))
        return []
    if "Records" not in event:
        raise InputInvalid(f"This is neither an S3 event nor a task; its fields are {sorted(event)}.")
    return list(event["Records"])


def _drop(entry: Mapping[str, Any], bucket: str) -> Drop:
    at = DocumentAt(bucket, unquote_plus(entry["key"]), entry.get("versionId"))
    return Drop(at, entry.get("sequencer", ""))


def _chunk_task(key: str) -> ChunkTask | None:
    found = chunks.parse_key(key)
    if found is None:
        log.warning("object under chunks/ left alone: its key is not chunks/<job>/<index>", key=key)
        return None
    return ChunkTask(job=found[0], index=found[1], fanin=found[0], slot=found[1])


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InputInvalid(f"{name!r} must be a text that is not empty{_given(event, name)}.")
    return value


def _number(event: Event, name: str) -> int:
    value = event.get(name)
    # JSON numbers may have passed through a state machine as 3.0.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise InputInvalid(f"{name!r} must be a whole number from 0{_given(event, name)}.")
    return int(value)


def _given(event: Event, name: str) -> str:
    # The token is a secret: its value is never shown.
    return f", not {json.dumps(event[name])}" if name in event and name != "token" else ", and is missing"
