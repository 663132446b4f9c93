"""``restart``."""

import json

import typer

from sfn_callback_operator.actions import follow, starts
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument, Timeout, Wait
from sfn_callback_operator.errors import OperatorError
from sfn_callback_operator.jobs import executions, targets


def restart(context: typer.Context, job: TargetArgument, wait: Wait = False, timeout: Timeout = None) -> None:
    """Start an ended execution again with the same input.

    A failed job starts from the beginning; people are asked again for an approval whose link has expired.

    [dim]$ sfn-callback restart my-execution --wait[/dim]
    """
    patience = options.patience(timeout, wait=wait)
    deployment, meant = options.target(context, job)
    execution = targets.own_execution(deployment, meant)
    if execution.function:
        says = f"{execution.name} belongs to the durable function {execution.function}, which only its caller can start"
        raise OperatorError(f"{says}: invoke {execution.function} again with the same input.")
    if execution.open:
        raise OperatorError(f"{meant.called} is still open: `sfn-callback cancel` it first.")
    _, description = executions.described(execution.arn, execution.workflow)
    again = starts.begin(deployment, execution.workflow, json.loads(description["input"]))
    follow.from_its_start(deployment, again, patience, wait=wait, as_json=options.chosen(context).as_json)
