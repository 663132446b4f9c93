"""Approvals as an operator names them: by the mark in logs, or by the link. Ids are secrets, and never shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from sfn_callback import log
from sfn_callback.approvals import store
from sfn_callback.approvals.store import Approval
from sfn_callback.aws import dynamodb
from sfn_callback_operator.errors import USAGE, OperatorError, not_found
from sfn_callback_operator.output.screen import working

_UNDECIDED = f"({store.OPEN}) AND attribute_not_exists(#decision)"
_SHOWN = ("question", "deadline", "execution", "asked", "closed", "heartbeat", "snoozed")


@dataclass(slots=True)
class Undecided:
    """Approvals that can still be decided, without their ids. Not ``complete``: there may be more."""

    approvals: list[Approval] = field(default_factory=list)
    complete: bool = True

    def by_execution(self) -> dict[str, list[Approval]]:
        """Return them by the ARNs of the executions that ask: one that does so in a Map asks several questions."""
        asked: dict[str, list[Approval]] = {}
        for approval in self.approvals:
            asked.setdefault(approval.execution, []).append(approval)
        return asked


def by_id(approval_id: str) -> Approval | None:
    """Return the approval with a link's id."""
    return store.connect().find(approval_id)


def by_mark(mark: str) -> Approval:
    """Return the approval with this mark. It reads the whole ledger.

    Raises:
        OperatorError: there is none (any more), or there are two.
    """
    asked = maybe_by_mark(mark)
    if asked is None:
        raise not_found(f"No approval has the mark {mark}: it is wrong, or its retention is over.")
    return asked


def maybe_by_mark(mark: str) -> Approval | None:
    """Return the approval with this mark, ``None`` if there is none; errors as :func:`by_mark`."""
    matches = [approval_id for approval_id in ids() if log.fingerprint(approval_id) == mark]
    if len(matches) > 1:
        raise OperatorError(f"Two approvals have the mark {mark}: name one by its link.", USAGE)
    return by_id(matches[0]) if matches else None


def with_id(asked: Approval) -> Approval:
    """Return the approval with its id, which decides it; errors as :func:`by_mark`."""
    return asked if asked.id else by_mark(asked.mark)


def undecided(pages: int | None = None) -> Undecided:
    """Return the undecided approvals by one scan of the ledger; ``pages`` limits its requests, if given."""
    result, number = Undecided(), 0
    with working("Looking through the ledger for approvals"):
        for page in islice(dynamodb.connect().scan(_UNDECIDED, *_SHOWN), pages):
            result.approvals += [asked for item in page if (asked := store.from_item(item))]
            number += 1
    # A page that is cut off looks like one that just fits.
    result.complete = number != pages
    return result


def of_execution(arn: str) -> list[Approval]:
    """Return the approvals that an execution waits for, without their ids."""
    return undecided().by_execution().get(arn, [])


def marks_of(arn: str) -> Iterator[str]:
    """Yield the marks of all that an execution has asked, decided or not. All of the ledger is read for them."""
    for page in dynamodb.connect().scan("attribute_exists(#question)", "execution"):
        keys = (item["pk"]["S"] for item in page if dynamodb.text(item, "execution") == arn)
        yield from (key.removeprefix(store.PREFIX)[:8] for key in keys)


def ids() -> Iterator[str]:
    """Yield the ids of all approvals, each of which is a secret. All of the ledger is read for them."""
    with working("Looking through the ledger for approvals"):
        for page in dynamodb.connect().scan(store.HAS_ID, "id"):
            yield from (item["id"]["S"] for item in page)
