"""``fail``."""

from typing import Annotated

import typer

from sfn_callback_operator.actions import answers
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import Cause, TargetArgument, Yes
from sfn_callback_operator.output import screen


def fail(
    context: typer.Context,
    job: TargetArgument,
    error: Annotated[str, typer.Option(metavar="NAME", help="Error name for Catch and Retry.")] = "FailedByOperator",
    cause: Cause = "Failed by an operator.",
    yes: Yes = False,
) -> None:
    """End a wait with an error, which its machine handles like any other.

    Unlike `cancel`, this lets the machine report the failure.

    [dim]$ sfn-callback fail my-execution --cause "the supplier is gone" --yes[/dim]
    """
    deployment, meant = options.waiting(context, job)
    options.confirmed(deployment, f"Fail {meant.called} with {error}?", yes)
    answers.fail(meant, error, cause)
    screen.say(f"Failed {meant.called} with {error}.")
