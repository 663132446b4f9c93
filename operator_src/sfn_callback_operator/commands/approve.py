"""``approve``."""

from typing import Annotated

import typer

from sfn_callback_operator.actions import answers
from sfn_callback_operator.commands import options
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.output import screen


def approve(
    context: typer.Context,
    approval: Annotated[str, options.job("Approval mark or link, or execution name or ARN.", "APPROVAL")],
    action: Annotated[
        str | None,
        typer.Option("--action", "-a", metavar="NAME", help="Action to take (default: the only success action)."),
    ] = None,
    comment: Annotated[
        str, typer.Option("--comment", "-m", metavar="TEXT", help="Comment, stored with the decision.")
    ] = "",
) -> None:
    """Answer an approval, as a button on its page does.

    The AWS identity of your credentials is recorded as the decider.

    [dim]$ sfn-callback approve 1a2b3c4d -m "seen with Ana"

    $ sfn-callback approve 1a2b3c4d --action reject[/dim]
    """
    _, meant = options.waiting(context, approval)
    if meant.approval is None:
        if meant.execution and meant.execution.workflow == "approval":
            raise OperatorError(
                f"{meant.called} is not waiting for a decision: its execution is {meant.execution.status}."
            )
        raise OperatorError(f"{meant.called} is not an approval.", USAGE)
    pressed = answers.act(meant.approval, action, comment)
    screen.say(f"{meant.called}: {pressed.label}.")
