"""The names of jobs, executions and approvals on the command line, and what they resolve to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sfn_callback import ids
from sfn_callback.approvals.store import Approval
from sfn_callback.documents.events import Job
from sfn_callback.fanin import ledger
from sfn_callback.fanin.items import FanIn
from sfn_callback.resume import DURABLE_MARK
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError, not_found
from sfn_callback_operator.jobs import approvals, durable, durable_waits, executions, positions
from sfn_callback_operator.jobs.executions import SKEW, Execution
from sfn_callback_operator.jobs.positions import CALLBACK, Position
from sfn_callback_operator.output import screen
from sfn_callback_operator.output.screen import working

_MARK = re.compile("[0-9a-f]{8}")
_ID = re.compile("[A-Za-z0-9_-]{32}")
_LINK = re.compile(rf"[<(\"']*https?://[^\s/]+{ids.APPROVAL_PATH}(?:\?\S*)?")
_ARN = re.compile(r"arn:[^:]+:states:[^:]+:[^:]+:execution:([^:]+):([^:]+)")
_NAME = re.compile(r"[\w.+=@()!'-]{1,80}", re.ASCII)
_LIKE_A_TOKEN = re.compile("[A-Za-z0-9+/=_-]{81,}")
_LONGEST_NAME = 80
"""Of an execution: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html"""
_LONGEST_SPLIT = timedelta(hours=1)
_SEARCHED = 200


@dataclass(frozen=True, slots=True)
class Target:
    """An execution, its position, and the approval that it was named by, if any."""

    execution: Execution | None
    position: Position
    approval: Approval | None = None

    @property
    def called(self) -> str:
        """Its name for messages; not a secret."""
        if self.approval:
            return f"approval {self.approval.mark}"
        return self.position.job_name or (self.execution.name if self.execution else "?")

    @property
    def job(self) -> Job:
        """Its job.

        Raises:
            OperatorError: it has no job.
        """
        if self.position.job is None:
            raise OperatorError(f"{self.called} has no chunks: it belongs to another workflow, or was not split.")
        return self.position.job


def resolve(deployment: Deployment, name: str) -> Target:
    """Resolve a job's id, an execution's name or ARN, or an approval's mark, link or link id.

    Raises:
        OperatorError: nothing has this name, or it may be a task token, which is never accepted.
    """
    _refuse_token(name)
    if durable.named(name):
        return _by_durable_execution(deployment, name)
    if ids.is_fanin(name):
        return _by_job(deployment, name.partition(".")[0])
    approval_id = _LINK.fullmatch(name)
    if approval_id or (_ID.fullmatch(name) and _has_approvals(deployment)):
        asked = approvals.by_id(approval_id[1] if approval_id else name)
        if asked:
            return _of_approval(asked)
        if approval_id:
            raise not_found("No approval has this link: it is wrong, or its retention is over.")
    if _MARK.fullmatch(name) and _has_approvals(deployment):
        return _by_mark_or_execution(deployment, name)
    target = _named(deployment, name)
    if target is None:
        raise not_found(f"{deployment.name} has no job, execution or approval {name!r}: see `sfn-callback jobs --all`.")
    return target


def expect_own(deployment: Deployment, target: Target) -> None:
    """Refuse an execution of another machine that asked for an approval of this deployment.

    Raises:
        OperatorError: it is such an execution.
    """
    if target.execution and not deployment.owns(target.execution.arn):
        raise _foreign(deployment, target.execution.arn)


def own_execution(deployment: Deployment, target: Target) -> Execution:
    """Return the execution of a target; errors as :func:`execution` and :func:`expect_own`."""
    expect_own(deployment, target)
    return _known(target)


def with_chunks(deployment: Deployment, name: str) -> Target | None:
    """Return the named job or execution, ``None`` if none has that name; errors as :func:`resolve`."""
    if ids.is_fanin(name) or _ARN.fullmatch(name) or durable.named(name):
        return resolve(deployment, name)
    if _LIKE_A_TOKEN.fullmatch(name):
        _refuse_token(name)
    return _named(deployment, name) if _NAME.fullmatch(name) else None


def execution(deployment: Deployment, name: str) -> Execution:
    """Return the named execution; errors as :func:`resolve`."""
    return _known(resolve(deployment, name))


def _known(target: Target) -> Execution:
    if target.execution is None:
        raise not_found(f"Cannot tell which execution is waiting for {target.called}.")
    return target.execution


def _refuse_token(name: str) -> None:
    if name.startswith(DURABLE_MARK):
        raise OperatorError(
            "A durable function's token is never needed here, and should not be in a shell's history: name the"
            " job, the approval's mark, or the execution's ARN. To answer in a worker's place, use"
            " `aws lambda send-durable-execution-callback-success`, or `-failure`.",
            USAGE,
        )
    known = _ARN.fullmatch(name) or _LINK.fullmatch(name) or durable.named(name)
    if len(name) > _LONGEST_NAME and not known:
        raise OperatorError(
            "This is too long for a name. Task tokens are never needed here, and should not be in a shell's history:"
            " name the job, the execution, or the approval's mark.",
            USAGE,
        )


def _has_approvals(deployment: Deployment) -> bool:
    return "approval" in deployment.machines


def _by_durable_execution(deployment: Deployment, arn: str) -> Target:
    """Return a durable function's execution: at the approval that it waits for, else at its newest job."""
    if not deployment.owns(arn):
        raise _foreign(deployment, arn)
    execution = executions.found(arn, durable.WORKFLOW)
    if execution is None:
        raise not_found(f"Lambda has no execution {arn}: the ARN is wrong, or its retention is over.")
    asked = approvals.of_execution(arn) if execution.open and _has_approvals(deployment) else []
    if asked:
        return Target(execution, Position(CALLBACK), asked[0] if len(asked) == 1 else None)
    return Target(execution, durable_waits.position(arn))


def _of_approval(asked: Approval) -> Target:
    if durable.named(asked.execution):
        return Target(executions.found(asked.execution, durable.WORKFLOW), Position(CALLBACK), asked)
    arn = _ARN.fullmatch(asked.execution)
    if not arn:
        return Target(None, Position(), asked)
    execution, _ = executions.described(asked.execution, "approval")
    return Target(execution, positions.position(execution), asked)


def _by_mark_or_execution(deployment: Deployment, name: str) -> Target:
    asked, named = approvals.maybe_by_mark(name), _named(deployment, name)
    if asked and named and named.execution:
        raise OperatorError(
            f"{name} is the mark of the approval {asked.request.subject!r}, and the name of the execution"
            f" {named.execution.arn}. Name the approval by its link or its own execution ({asked.execution or '?'}),"
            " and the execution by its ARN.",
            USAGE,
        )
    if asked:
        return _of_approval(asked)
    if named is None:
        raise not_found(
            f"No approval has the mark {name}, and no execution has that name: it is wrong, or its retention is over."
        )
    return named


def _named(deployment: Deployment, name: str) -> Target | None:
    for workflow, arn in _candidates(deployment, name):
        if execution := executions.found(arn, workflow):
            return Target(execution, positions.position(execution))
    return None


def _candidates(deployment: Deployment, name: str) -> Iterator[tuple[str, str]]:
    arn = _ARN.fullmatch(name)
    if arn:
        if not deployment.owns(name):
            raise _foreign(deployment, name)
        yield arn[1].removeprefix(f"{deployment.name}-"), name
        return
    for workflow, machine in deployment.machines.items():
        yield workflow, f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _foreign(deployment: Deployment, arn: str) -> OperatorError:
    return OperatorError(
        f"{arn} is not an execution of {deployment.place}, so nothing was done. Name its own deployment with"
        " --name, --region and --profile.",
        USAGE,
    )


def _by_job(deployment: Deployment, job: str) -> Target:
    if "documents" not in deployment.machines:
        raise not_found(f"{deployment.name} does not split documents, so it has no job {job}.")
    top = ledger.connect().look(job)
    if top.execution and durable.named(top.execution):
        return _of_durable_job(deployment, job, top)
    target = at(deployment, top.execution) if top.execution else None
    if target and (target.called == job or target.position.whole):
        return target
    # Its machine was rendered before the ledger was told who waits, or has not come to its wait yet.
    with working(f"Looking for the execution of {job}"):
        for execution in _near(deployment, job):
            position = positions.position(execution)
            if position.job and position.job.job == job:
                return Target(execution, position)
    raise not_found(_nowhere(deployment, job, top))


def _of_durable_job(deployment: Deployment, job: str, top: FanIn) -> Target:
    arn = str(top.execution)
    execution = executions.found(arn, durable.WORKFLOW)
    if execution is None:
        raise not_found(_nowhere(deployment, job, top))
    return Target(execution, durable_waits.position(arn, job))


def at(deployment: Deployment, arn: str) -> Target | None:
    """Return the execution that the ledger names, ``None`` if Step Functions has deleted it."""
    machine = arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    workflow = next((name for name, one in deployment.machines.items() if one == machine), "documents")
    one = executions.found(arn, workflow)
    return Target(one, positions.position(one)) if one else None


def _nowhere(deployment: Deployment, job: str, top: FanIn) -> str:
    if top.execution and durable.named(top.execution):
        return f"Lambda has deleted the execution of {job}, because its retention is over: it was {top.execution}."
    if top.execution:
        return f"Step Functions has deleted the execution of {job}, 90 days after its end: it was {top.execution}."
    if top.total is None:
        what = "the ledger has no such job: its retention is over, it is still being split, or the id is wrong"
    elif not top.tokens:
        what = f"its {screen.counted(top.total, 'chunk')} are split, and its machine has not begun to wait for them yet"
    else:
        what = "it waits, but its machine is too old to have named its execution in the ledger"
    return (
        f"{deployment.name} has no execution of job {job} among the {_SEARCHED} that started closest to its split;"
        f" {what}. `sfn-callback jobs` shows those that are open."
    )


def _near(deployment: Deployment, job: str) -> list[Execution]:
    """Return executions that may have split the job, the likeliest first: a job is named by its split's time."""
    split = datetime.now(UTC) - timedelta(seconds=ids.age_seconds(job))
    candidates: list[Execution] = []
    for execution in executions.newest(deployment, "documents"):
        if len(candidates) >= _SEARCHED and execution.started < split - _LONGEST_SPLIT:
            break
        # An execution that had ended by then cannot have split it.
        if execution.started <= split + SKEW and (execution.stopped is None or execution.stopped >= split - SKEW):
            candidates.append(execution)
    candidates.sort(key=lambda execution: (execution.started > split, abs(execution.started - split)))
    return candidates[:_SEARCHED]
