"""A decision on an approval: what, by whom, and how the machine continues."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from sfn_callback import timestamps
from sfn_callback.approvals.request import Action, ApprovalRequest

TIMED_OUT = "ApprovalTimedOut"


@dataclass(frozen=True, slots=True)
class Decision:
    """How the machine continues: with ``output``, or with the failure ``error`` if there is one.

    ``action`` is ``None`` where the deadline decided without one, or a webhook, whose body is then the ``output``.
    ``principal`` is the caller's ARN where the page asks for IAM's signature, or the subject that signed in at a load
    balancer; ``decider`` is what somebody says to be.
    """

    time: str
    action: str | None = None
    output: Any = None
    error: str | None = None
    comment: str = ""
    decider: str = ""
    principal: str | None = None
    timed_out: bool = False
    webhook: bool = False

    @classmethod
    def of_action(cls, action: Action, **who: Any) -> Self:
        """Return the decision that an action makes; heartbeats make none."""
        return cls(time=timestamps.now(), action=action.name, output=action.output, error=action.error, **who)

    @classmethod
    def at_deadline(cls, request: ApprovalRequest) -> Self:
        """Return the decision that the request names for the deadline."""
        action = request.action(request.default)
        if action:
            return cls.of_action(action, timed_out=True)
        return cls(time=timestamps.now(), error=TIMED_OUT, timed_out=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Return the decision as it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    def same_as(self, other: "Decision") -> bool:
        """Return whether this is the same decision sent again: an equal JSON value.

        ``true`` is not ``1``, as it is in Python, and ``1.0`` is: JSON has one kind of number, which a sender's library
        may write either way. https://json-schema.org/draft/2020-12/json-schema-core#section-4.2.2
        """
        return _same({**asdict(self), "time": ""}, {**asdict(other), "time": ""})

    def described(self) -> dict[str, Any]:
        """Return who decided what and when, for the machine."""
        return {name: value for name, value in asdict(self).items() if value is not None and name != "webhook"}

    def result(self) -> Any:
        """Return the waiting state's output: a webhook's body as it came."""
        return self.output if self.webhook else self.described()


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
