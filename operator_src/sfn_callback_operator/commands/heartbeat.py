"""``heartbeat``."""

import typer

from sfn_callback_operator.actions import answers
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument
from sfn_callback_operator.output import screen


def heartbeat(context: typer.Context, job: TargetArgument) -> None:
    """Tell a job that somebody is working on it.

    An approval skips its next reminder; a worker's task gets a heartbeat.

    [dim]$ sfn-callback heartbeat 1a2b3c4d[/dim]
    """
    _, meant = options.waiting(context, job)
    answers.heartbeat(meant)
    screen.say(f"Recorded a heartbeat for {meant.called}.")
