"""``approve``."""

from typing import Annotated

import typer

from sfn_callback_operator.actions import answers
from sfn_callback_operator.commands import options
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.output import screen


def approve(
    context: typer.Context,
    approval: Annotated[str, options.job("Its mark, its link, or its execution.", "APPROVAL")],
    action: Annotated[
        str | None, typer.Option("--action", "-a", metavar="NAME", help="If not the positive one.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Kept with the decision.")] = "",
) -> None:
    """Answer an approval, as a button of its page does.

    The AWS identity of your credentials is kept as who decided.

    [dim]$ sfn-callback approve 1a2b3c4d -m "seen with Ana"

    $ sfn-callback approve 1a2b3c4d --action reject[/dim]
    """
    _, meant = options.waiting(context, approval)
    if meant.approval is None:
        if meant.execution and meant.execution.workflow == "approval":
            raise OperatorError(f"{meant.called} waits for no decision: its execution is {meant.execution.status}.")
        raise OperatorError(f"{meant.called} is no approval.", USAGE)
    pressed = answers.act(meant.approval, action, comment)
    screen.say(f"{meant.called}: {pressed.label}.")
