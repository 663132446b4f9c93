"""Events of the parts machine as values: a document to cut, and a document that was cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sfn_callback import validation
from sfn_callback.documents import events
from sfn_callback.documents.events import DocumentAt
from sfn_callback.errors import InputInvalid
from sfn_callback.validation import Event


@dataclass(frozen=True, slots=True)
class Cut:
    """A document that was cut into ``total`` parts, which are of the job ``parent``.

    ``ranges`` are those that are to be processed, as number, start and end (bytes) of each; ``etag`` is the document's.
    ``run`` tells this cut from others of the same parent: it is in the names of the parts' executions.
    """

    document: DocumentAt
    parent: str
    total: int
    ranges: Sequence[tuple[int, int, int]] = ()
    etag: str = ""
    run: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the machine's next state: it has all fields, because its paths name them."""
        at = self.document
        where = {"bucket": at.bucket, "key": at.key, "version": at.version, "options": dict(at.options)}
        return {
            **where,
            "parent": self.parent,
            "total": self.total,
            "parts": self.ranges,
            "etag": self.etag,
            "run": self.run,
        }


def uncut(event: Event) -> tuple[DocumentAt, str | None, str]:
    """Read what is to be cut: the document, :func:`parent` of the same input, and the ARN of the execution."""
    given = validation.fields("The execution's input", event.get("document"))
    execution = validation.text(event, "execution")
    # Anything but an ARN may be a misplaced token.
    if not execution.startswith("arn:"):
        raise InputInvalid("'execution' must be the ARN of an execution: the machine's template has `$$.Execution.Id`.")
    of = parent(given)
    return events.document(given, cut_before=of is not None), of, execution


def parent(event: Event) -> str | None:
    """Read the job whose missing parts are to be run again, ``None`` if a document is cut for the first time."""
    return events.fanin(event, "parent") if event.get("parent") is not None else None


def cut(event: Event) -> Cut:
    """Read what :meth:`Cut.as_json` has written, or the machine has made of it."""
    return Cut(events.document_at(event), events.fanin(event, "parent"), validation.number(event, "total"))
