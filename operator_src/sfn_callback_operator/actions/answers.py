"""Verdicts by hand: for a job's wait, an approval, or any other wait whose token is in the history.

The token goes from its store to Step Functions, and is never shown.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sfn_callback import resume, timestamps
from sfn_callback.approvals import decide as decisions
from sfn_callback.approvals.decide import AnswerResult
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.request import Action
from sfn_callback.approvals.store import Approval
from sfn_callback.errors import TokenInvalid, TokenUnknown
from sfn_callback.fanin import ledger
from sfn_callback.resume import Delivery
from sfn_callback_operator import aws
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import approvals, durable, outcomes
from sfn_callback_operator.jobs.targets import Target

_RECEIVED = {
    AnswerResult.TOO_LATE: "Nobody answered in time: it is too late. `sfn-callback restart` asks again.",
    AnswerResult.OTHERWISE_DECIDED: "It was already decided otherwise.",
    AnswerResult.GONE: "It no longer exists: its retention is over.",
}


def succeed(target: Target, output: Any, comment: str = "") -> None:
    """Resume the machine with that output.

    Raises:
        OperatorError: nothing waits; also ResumeError.
    """
    if target.approval:
        decide(target.approval, Decision(time=timestamps.now(), output=output, **who(comment)))
    else:
        _send(target, lambda token: resume.succeed(token, output))


def fail(target: Target, error: str, cause: str) -> None:
    """Have the machine take its failure branch; errors as :func:`succeed`."""
    if target.approval:
        decide(target.approval, Decision(time=timestamps.now(), error=error, **who(cause)))
    else:
        _send(target, lambda token: resume.fail(token, error, cause))


def heartbeat(target: Target) -> None:
    """Send the machine a heartbeat; errors as :func:`succeed`."""
    if target.approval:
        on_it = Action("on-it", "Somebody is on it", "neutral", "heartbeat")
        decider = who("")["decider"]
        _expect(decisions.note_heartbeat(approvals.with_id(target.approval), on_it, decider=decider, comment=""))
    else:
        _send(target, resume.heartbeat)


def act(asked: Approval, name: str | None, comment: str) -> Action:
    """Press a button of an approval: the named one, or the only success action."""
    action = _action(asked, name)
    if action.kind == "heartbeat":
        _expect(decisions.note_heartbeat(approvals.with_id(asked), action, decider=who("")["decider"], comment=comment))
    else:
        decide(asked, Decision.of_action(action, **who(comment)))
    return action


def with_approval(target: Target) -> Target:
    """Return the target with the approval that its execution waits for, if there is one.

    Raises:
        OperatorError: it asks several questions.
    """
    if target.approval or target.execution is None or not _may_ask(target):
        return target
    asked = approvals.of_execution(target.execution.arn)
    if len(asked) > 1:
        listed = "".join(f"\n  {one.mark}  {one.request.subject}" for one in asked)
        raise OperatorError(f"{target.called} asks {len(asked)} questions. Name one of them:{listed}", USAGE)
    return replace(target, approval=asked[0]) if asked else target


def _may_ask(target: Target) -> bool:
    workflow = target.execution.workflow if target.execution else ""
    return workflow == "approval" or (workflow == durable.WORKFLOW and target.position.job is None)


def decide(asked: Approval, decided: Decision) -> None:
    """Save a decision and deliver it, as the page does."""
    _expect(decisions.decide(approvals.with_id(asked), decided))


def who(comment: str) -> dict[str, Any]:
    """Return the decider's identity for the machine."""
    arn = aws.client("sts").get_caller_identity()["Arn"]
    return {"principal": arn, "decider": arn.rpartition("/")[2] or arn, "comment": comment}


def outcome_so_far(target: Target) -> dict[str, int]:
    """Return what a wait for chunks would be told if it ended now: those without a result count as failed."""
    job_outcomes = outcomes.of_job(outcomes.current(target.job))
    return {"done": len(job_outcomes.done), "failed": job_outcomes.chunks - len(job_outcomes.done)}


def _action(asked: Approval, name: str | None) -> Action:
    actions = asked.request.actions
    names = ", ".join(action.name for action in actions) or "there is none"
    if name is not None:
        choice = asked.request.action(name)
        if choice is None:
            raise OperatorError(f"It has no action {given_name(name)}. Actions: {names}.", USAGE)
        return choice
    positive = [action for action in actions if action.kind == "success"]
    if len(positive) != 1:
        raise OperatorError(f"Which action? Name one with --action: {names}.", USAGE)
    return positive[0]


def given_name(name: str) -> str:
    """Return a name as a message may quote it."""
    return repr(name) if len(name) <= 40 else "of that name"


def _expect(reception: AnswerResult) -> None:
    if reception is not AnswerResult.TAKEN:
        raise OperatorError(_RECEIVED[reception])


def _send(target: Target, verdict: Callable[[str], Delivery]) -> None:
    for token in _tokens(target):
        try:
            delivery = verdict(token)
        except (TokenUnknown, TokenInvalid):
            continue
        if delivery is Delivery.ACCEPTED:
            return
    raise OperatorError(f"{target.called} is not waiting any more: its token is answered, or has expired.")


def _tokens(target: Target) -> list[str]:
    """Return the tokens under which a state may wait."""
    if target.execution is not None and not target.execution.open:
        raise OperatorError(f"{target.called} is not waiting: its execution is {target.execution.status}.")
    job = target.position.job
    tokens = [target.position.token] if target.position.token else []
    if job:
        tokens += sorted(ledger.connect().look(job.fanin).tokens)
    if not tokens:
        raise OperatorError(f"{target.called} is at {target.position.state}, which has no task token to answer.")
    return tokens
