"""Approvals as an operator names them: by the mark that logs show, or by the link. Ids are secrets, and never shown."""

from collections.abc import Iterator

from sfn_callback import approvals, clients, log, settings
from sfn_callback.approvals import Approval
from sfn_callback_operator.problems import USAGE, OperatorError, not_found
from sfn_callback_operator.screen import working


def by_id(approval_id: str) -> Approval | None:
    """Return the approval that the id of a link leads to."""
    return approvals.connect().find(approval_id)


def by_mark(mark: str) -> Approval:
    """Return the approval that logs call so. All of the ledger is read for it."""
    found = [approval_id for approval_id in _ids() if log.fingerprint(approval_id) == mark]
    if len(found) > 1:
        raise OperatorError(f"Two approvals have the mark {mark}: name one by its link.", USAGE)
    asked = by_id(found[0]) if found else None
    if asked is None:
        raise not_found(f"No approval has the mark {mark}: it is wrong, or its retention is over.")
    return asked


def undecided() -> Iterator[Approval]:
    """Yield the approvals that nobody has decided, and somebody may. All of the ledger is read for them."""
    kept = approvals.connect()
    for approval_id in _ids():
        asked = kept.find(approval_id)
        if asked and asked.decision is None and not asked.closed:
            yield asked


def of_execution(arn: str) -> list[Approval]:
    """Return the approvals that an execution waits for."""
    return [asked for asked in undecided() if asked.execution == arn]


def _ids() -> Iterator[str]:
    pages = (
        clients.dynamodb()
        .get_paginator("scan")
        .paginate(
            TableName=settings.current().table,
            FilterExpression="begins_with(#pk, :waits)",
            ExpressionAttributeNames={"#pk": "pk"},
            ExpressionAttributeValues={":waits": {"S": approvals.WAITS}},
        )
    )
    with working("Looking through the ledger for approvals"):
        for page in pages:
            yield from (item["id"]["S"] for item in page["Items"])
