"""Durable functions that may wait for the deployment: can they be answered, and do the waiting ones still run?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sfn_callback.aws import clients
from sfn_callback.errors import ResumeUnsupported
from sfn_callback.parallel import in_order
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.doctor.findings import PROBLEM, WARNING, Finding, good
from sfn_callback_operator.jobs import approvals, durable, durable_waits, executions, logs
from sfn_callback_operator.output import screen

_RECENT = timedelta(hours=24)
_ANSWERS = "lambda:SendDurableExecutionCallback"
_LOOKED_AT = 100
"""Executions that are asked for, at half of the account's pace."""
_AT_ONCE = 8


def unsupported(deployment: Deployment) -> Iterator[Finding]:
    """Did a function find its boto3 too old to answer a durable function? Only its log tells its version."""
    if not durable_waits.are_possible(deployment):
        return
    until = datetime.now(UTC)
    for handler in _answering(deployment):
        function = deployment.invoked(handler)
        since = max(until - _RECENT, changed(function))
        if next(logs.texts(function, [ResumeUnsupported.__name__], since, until), None):
            says = (
                f"the log of {deployment.function(handler)} says that its boto3 is too old to answer a durable function"
            )
            do = "give the module a layer with boto3 1.42.1 or later (layers), or a newer runtime."
            yield Finding(PROBLEM, "durable functions", says, do)


def ended(deployment: Deployment) -> Iterator[Finding]:
    """Has a durable function ended that the ledger still lists as waiting?"""
    waiting = {one.execution: f"the job {one.job}" for one in durable_waits.open_(deployment).waits}
    if durable_waits.are_possible(deployment) and "approval" in deployment.machines:
        asked = [one for one in approvals.undecided().approvals if durable.named(one.execution)]
        waiting |= {one.execution: f"the approval {one.mark}" for one in asked}
    arns = list(waiting)[:_LOOKED_AT]
    found = in_order(lambda arn: executions.found(arn, durable.WORKFLOW), arns, _AT_ONCE)
    over = [(arn, one.status if one else "forgotten") for arn, one in zip(arns, found, strict=True) if _is_over(one)]
    for arn, status in over:
        name = durable.named(arn)
        who = f"{name.name} of the durable function {name.function}" if name else arn
        says = f"{waiting[arn]} waits for {who}, which is {status}"
        do = "sweep closes it; without a sweeper, it expires. If work is missing, invoke the function again."
        yield Finding(WARNING, "durable functions", says, do)
    if waiting and not over:
        yield good("durable functions", f"{screen.counted(len(arns), 'execution')} checked, none has ended")


def _answering(deployment: Deployment) -> Iterator[str]:
    for handler, manifest in deployment.manifests.items():
        if any(action.startswith(_ANSWERS) for actions, _ in manifest["may"] for action in actions):
            yield handler


def changed(function: str) -> datetime:
    """Return when a function was last changed: older log lines say nothing about it as it is now."""
    return datetime.fromisoformat(clients.functions().get_function_configuration(FunctionName=function)["LastModified"])


def _is_over(one: executions.Execution | None) -> bool:
    return one is None or not one.open
