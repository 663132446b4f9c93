"""What happens to an answer to an approval: it is saved, then delivered.

The first saved decision counts. Whoever sees a decision and a token delivers it, so that the next answer repairs a
crash between the two, or at the latest the next attempt of the waiting state.
"""

import json
import time
from enum import Enum

from sfn_callback import errors, log, resume, timestamps
from sfn_callback.approvals import store
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.request import Action
from sfn_callback.approvals.store import Approval
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import Delivery


class AnswerResult(Enum):
    """The outcome of an answer."""

    TAKEN = "taken"
    TOO_LATE = "too late"
    OTHERWISE_DECIDED = "otherwise decided"
    GONE = "gone"


def expired(approval: Approval) -> bool:
    """Return whether the time is over and nobody decided."""
    return approval.decision is None and (approval.closed or time.time() >= approval.deadline)


def decide(approval: Approval, decided: Decision) -> AnswerResult:
    """Save a decision and deliver it. The same decision is accepted again; another one is not.

    Raises:
        ResumeError: the decision is saved, but could not be delivered yet.
    """
    if expired(approval):
        return AnswerResult.TOO_LATE
    record = store.connect().decide(approval.id, decided)
    if record is None or record.decision is None:
        return AnswerResult.GONE
    deliver(record)
    return AnswerResult.TAKEN if record.decision.same_as(decided) else _refused(record.decision)


def note_heartbeat(approval: Approval, action: Action, **who: str) -> AnswerResult:
    """Save that somebody is working on it, and send the state a heartbeat."""
    if expired(approval):
        return AnswerResult.TOO_LATE
    if approval.decision:
        return _refused(approval.decision)
    if store.connect().note_heartbeat(approval, {"label": action.label, "time": timestamps.now(), **who}) is None:
        return AnswerResult.GONE
    for token in approval.tokens:
        try:
            resume.heartbeat(token)
        except errors.ResumeError as error:
            # It is saved, which skips the next reminder; the state itself requires no heartbeat.
            log.write(LogEvent.APPROVAL_HEARTBEAT_NOT_DELIVERED, approval=approval.mark, problem=type(error).__name__)
    return AnswerResult.TAKEN


def deliver(approval: Approval) -> bool:
    """Resume the machine with the decision, if it waits already; return whether it accepted it.

    Raises:
        ResumeError: it could not be delivered; a later attempt may.
    """
    if approval.decision is None:
        return False
    for token in approval.tokens:
        delivery = _send(token, approval.decision)
        log.write(LogEvent.DECISION_DELIVERED, approval=approval.mark, token=log.fingerprint(token), outcome=delivery)
        if delivery == Delivery.ACCEPTED.value:
            return True
    return False


def _refused(decision: Decision) -> AnswerResult:
    return AnswerResult.TOO_LATE if decision.timed_out else AnswerResult.OTHERWISE_DECIDED


def _send(token: str, decided: Decision) -> str:
    try:
        if decided.error is None:
            return resume.succeed(token, decided.result()).value
        return resume.fail(token, decided.error, json.dumps(decided.described(), ensure_ascii=False)).value
    except (errors.TokenUnknown, errors.TokenInvalid) as gone:
        return type(gone).__name__
