"""``fail``."""

from typing import Annotated

import typer

from sfn_callback_operator.actions import answers
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument, Yes
from sfn_callback_operator.output import screen


def fail(
    context: typer.Context,
    job: TargetArgument,
    error: Annotated[str, typer.Option(help="The name that a state catches it by.")] = "FailedByOperator",
    cause: Annotated[str, typer.Option(help="Why.")] = "Failed by an operator.",
    yes: Yes = False,
) -> None:
    """Have what waits take its failure branch.

    Unlike `cancel`, that reports what there is.

    [dim]$ sfn-callback fail my-execution --cause "the supplier is gone" --yes[/dim]
    """
    deployment, meant = options.waiting(context, job)
    options.confirmed(deployment, f"Fail {meant.called} with {error}?", yes)
    answers.fail(meant, error, cause)
    screen.say(f"Failed {meant.called} with {error}.")
