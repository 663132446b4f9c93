"""``cancel``."""

import typer

from sfn_callback.aws import clients
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import Cause, TargetArgument, Yes
from sfn_callback_operator.errors import OperatorError
from sfn_callback_operator.jobs import targets
from sfn_callback_operator.output import screen


def cancel(
    context: typer.Context,
    job: TargetArgument,
    cause: Cause = "Cancelled by an operator.",
    yes: Yes = False,
) -> None:
    """Stop an execution; nothing is deleted.

    `redrive` or `restart` can take it up later.

    [dim]$ sfn-callback cancel my-execution --cause "wrong document" --yes[/dim]
    """
    deployment, meant = options.target(context, job)
    execution = targets.own_execution(deployment, meant)
    if not execution.open:
        raise OperatorError(f"{meant.called} has ended already: {execution.status}.")
    options.confirmed(deployment, f"Stop {execution.name}, which is at {meant.position.state}?", yes)
    clients.stepfunctions().stop_execution(executionArn=execution.arn, error="Cancelled", cause=cause)
    screen.say(f"Stopped {execution.name}.")
