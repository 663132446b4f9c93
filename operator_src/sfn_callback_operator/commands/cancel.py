"""``cancel``."""

import typer

from sfn_callback.aws import clients
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import Cause, TargetArgument, Yes
from sfn_callback_operator.errors import OperatorError
from sfn_callback_operator.jobs import durable, parents, targets
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.output import screen


def cancel(
    context: typer.Context,
    job: TargetArgument,
    cause: Cause = "Cancelled by an operator.",
    yes: Yes = False,
) -> None:
    """Stop an execution and the running parts of its document; nothing is deleted.

    `redrive` can continue it later, and `restart` starts it again.

    [dim]$ sfn-callback cancel my-execution --cause "wrong document" --yes[/dim]
    """
    deployment, meant = options.target(context, job)
    meant = parents.newest(deployment, meant)
    execution, whole = targets.own_execution(deployment, meant), meant.position.whole
    running = parents.running(deployment, whole.parent) if whole else []
    if not execution.open and not running:
        raise OperatorError(f"{meant.called} has already ended: {execution.status}.")
    parts = f", and {screen.counted(len(running), 'part')} of it" if running else ""
    options.confirmed(deployment, f"Stop {execution.name}, which is at {meant.position.state}{parts}?", yes)
    if execution.open:
        # Before its parts, or it would start more of them.
        _stop(execution, cause)
    stopped = parents.stop(whole.parent, running, deployment, cause) if whole else 0
    parts = f" and {screen.counted(stopped, 'part')}" if stopped else ""
    screen.say(f"Stopped {execution.name}{parts}.")


def _stop(execution: Execution, cause: str) -> None:
    if execution.function:
        durable.stop(execution.arn, cause)
    else:
        clients.stepfunctions().stop_execution(executionArn=execution.arn, error="Cancelled", cause=cause)
