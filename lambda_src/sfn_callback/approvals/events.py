"""The event of an approval's waiting state, as a value."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_callback import validation
from sfn_callback.errors import InputInvalid
from sfn_callback.validation import Event


@dataclass(frozen=True, slots=True)
class ApprovalWait:
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


def wait(event: Event) -> ApprovalWait:
    """Read what the waiting state of an approval sends: the request, its token and what the context object tells.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """
    fields = validation.fields("What a state asks for an approval with", event)
    token, execution, state, entered = (
        validation.text(fields, name) for name in ("token", "execution", "state", "entered")
    )
    try:
        datetime.fromisoformat(entered)
    except ValueError:
        instead = validation.instead(event, "entered")
        raise InputInvalid(f"'entered' must be a time such as 2026-01-31T23:59Z{instead}.") from None
    seconds = validation.number(event, "timeout_seconds")
    remind = validation.number(event, "remind_seconds") if "remind_seconds" in event else seconds
    return ApprovalWait(event.get("approval"), token, execution, state, entered, seconds, remind)
