"""``resume``."""

import json
from typing import Annotated, Any

import typer

from sfn_callback_operator.actions import answers
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument, Yes
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


def resume(
    context: typer.Context,
    job: TargetArgument,
    value: Annotated[str | None, typer.Option("--with", metavar="JSON", help="Output of the waiting state.")] = None,
    yes: Yes = False,
) -> None:
    """End a wait with success: its machine continues now.

    A job merges the results that exist, however many are missing.

    [dim]$ sfn-callback resume 20260131T235959Z-0123456789ab

    $ sfn-callback resume my-execution --with '{"pages": 3}'[/dim]
    """
    deployment, meant = options.waiting(context, job)
    output = _output(meant, value)
    options.confirmed(deployment, f"Resume {meant.called} with {json.dumps(output)[:200]}?", yes)
    answers.succeed(meant, output)
    screen.say(f"Resumed {meant.called}.")


def _output(meant: Target, value: str | None) -> Any:
    if value is not None:
        try:
            return json.loads(value)
        except ValueError as error:
            raise OperatorError(f"--with is not JSON: {error}.", USAGE) from None
    return answers.outcome_so_far(meant) if meant.position.waits_for_chunks else {}
