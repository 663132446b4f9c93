"""``watch``."""

import typer

from sfn_callback_operator.actions import downloads, follow
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument, Timeout, To
from sfn_callback_operator.jobs import targets


def watch(context: typer.Context, job: TargetArgument, to: To = None, timeout: Timeout = None) -> None:
    """Follow a job until it ends, with its rate and expected end.

    Exit code 1 if it did not succeed.

    [dim]$ sfn-callback watch 20260131T235959Z-0123456789ab

    $ sfn-callback watch my-execution --timeout 600 -o result.json && echo fine[/dim]
    """
    as_json = options.chosen(context).as_json
    patience = options.patience(timeout)
    downloads.checked(to, as_json=as_json)
    deployment = options.opened(context)
    execution = targets.execution(deployment, job)
    options.expect_merge(to, execution.workflow)
    follow.to_its_end(deployment, execution, patience, as_json=as_json, to=to)
