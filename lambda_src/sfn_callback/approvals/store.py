"""The approvals' items in the ledger's table.

An approval is the item ``approval#<hash of its id>``: ``question``, ``deadline`` (epoch seconds), ``execution``,
``token`` and ``token_before``, ``asked`` (how often), ``decision``; ``heartbeat`` and ``snoozed``, the value of
``asked`` when somebody said to be on it; ``closed``, its value when the sweeper was through with it, so that another
attempt opens it again. The token before is kept because an attempt that Step Functions gave up may hand over its own
last.

The id opens the page and decides, so it is no key: who lists keys learns nothing. The waiting state must find it again
to remind, so it is kept in the item ``wait#<hash>`` of the execution, the state, the time it was entered, and the
request, because iterations of a Map may enter one state in the same millisecond.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sfn_callback import ids
from sfn_callback.approvals import request
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.events import ApprovalWait
from sfn_callback.approvals.request import ApprovalRequest
from sfn_callback.aws import dynamodb
from sfn_callback.aws.dynamodb import Item, Table
from sfn_callback.resume import encoded

WAITS = "wait#"
"""What the keys begin with that lead to the approvals' ids."""

HAS_ID = "attribute_exists(#id)"
"""The filter of the items that have these ids, as ``id``."""

PREFIX = "approval#"
"""What the keys of approvals begin with."""

OPEN = "attribute_exists(#question) AND (attribute_not_exists(#closed) OR #closed < #asked)"
"""The filter of approvals that somebody may wait for."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval as it is kept. ``id`` and ``tokens`` are secrets; ``deadline`` is in epoch seconds.

    ``id`` is empty where it was found by its key; ``closed`` says that nobody waits for it any more.
    """

    id: str = field(repr=False)
    request: ApprovalRequest
    deadline: int
    times_asked: int
    tokens: tuple[str, ...] = field(repr=False)
    decision: Decision | None
    heartbeat: dict[str, Any] | None
    snoozed: bool
    execution: str = ""
    closed: bool = False
    key: str = ""

    @property
    def mark(self) -> str:
        """What logs call it: the fingerprint of its id, which is also how its key begins."""
        return self.key.removeprefix(PREFIX)[:8]


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals in the table, with its errors."""

    items: Table

    def ask(self, wait: ApprovalWait) -> Approval:
        """Record that a state waits, under a fresh id at first, and under the same id when the state is retried."""
        approval_id = self.id_of(wait)
        # An operator finds it by the ARN. Anything but an ARN may be a misplaced token.
        fields = {"execution": wait.execution} if wait.execution.startswith("arn:") else {}
        item = self.items.update(
            _key(approval_id),
            first={"question": encoded(wait.request).decode(), "deadline": wait.deadline, **fields},
            put={"token": wait.token},
            aside={"token": "token_before"},
            add={"asked": 1},
            lasts_seconds=wait.seconds,
        )
        return _approval(approval_id, item)

    def find(self, approval_id: str) -> Approval | None:
        """Return the approval of that id, ``None`` where there is none (any more)."""
        return from_item(self.items.get(_key(approval_id)), approval_id)

    def at(self, key: str) -> Approval | None:
        """Return the approval of that key, without its id, as :meth:`find`."""
        return from_item(self.items.get(key))

    def close(self, approval: Approval) -> None:
        """Record that nothing waits for it any more, unless it is asked again or has expired."""
        self.items.update(approval.key, put={"closed": approval.times_asked}, condition="attribute_exists(#question)")

    def decide(self, approval_id: str, decided: Decision) -> Approval | None:
        """Save a decision unless there is one; return the approval with the saved one, as :meth:`find`."""
        return self._answer(approval_id, first={"decision": decided.to_json()})

    def note_heartbeat(self, approval: Approval, content: dict[str, Any]) -> Approval | None:
        """Save that somebody is working on it, so that the next reminder is skipped; return as :meth:`find`."""
        heartbeat = json.dumps(content, ensure_ascii=False)
        return self._answer(approval.id, put={"heartbeat": heartbeat, "snoozed": approval.times_asked})

    def id_of(self, wait: ApprovalWait) -> str:
        """Return the id under which a state waits: a fresh one for the first attempt, and the same for every other."""
        entry = [wait.execution, wait.state, wait.entered, wait.request]
        key = f"{WAITS}{_hash(json.dumps(entry, sort_keys=True))}"
        fresh = {"id": ids.new_approval()}
        return str(self.items.update(key, first=fresh, lasts_seconds=wait.seconds)["id"]["S"])

    def _answer(self, approval_id: str, **changes: Any) -> Approval | None:
        # Do not create an item again that has expired meanwhile.
        item = self.items.update(_key(approval_id), condition="attribute_exists(#question)", **changes)
        return from_item(item, approval_id)


def connect() -> Approvals:
    """Return the approvals in the table that this function's settings name."""
    return Approvals(dynamodb.connect())


def from_item(item: Item, approval_id: str = "") -> Approval | None:
    """Return the approval that an item has, ``None`` where it has none."""
    return _approval(approval_id, item) if "question" in item else None


def _approval(approval_id: str, item: Item) -> Approval:
    decision, heartbeat = dynamodb.text(item, "decision"), dynamodb.text(item, "heartbeat")
    times_asked = dynamodb.number(item, "asked") or 0
    return Approval(
        id=approval_id,
        request=request.parse(json.loads(item["question"]["S"])),
        deadline=dynamodb.number(item, "deadline") or 0,
        times_asked=times_asked,
        tokens=tuple({item[name]["S"]: None for name in ("token", "token_before") if name in item}),
        decision=Decision.from_json(decision) if decision else None,
        heartbeat=json.loads(heartbeat) if heartbeat else None,
        snoozed=dynamodb.number(item, "snoozed") == times_asked - 1,
        execution=dynamodb.text(item, "execution") or "",
        closed=dynamodb.number(item, "closed") == times_asked,
        key=item["pk"]["S"],
    )


def _key(approval_id: str) -> str:
    return f"{PREFIX}{_hash(approval_id)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
