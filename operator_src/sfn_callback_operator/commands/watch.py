"""``watch``."""

import typer

from sfn_callback_operator.actions import downloads
from sfn_callback_operator.commands import shared
from sfn_callback_operator.commands.shared import TargetArgument, Timeout, To, options, target
from sfn_callback_operator.errors import not_found
from sfn_callback_operator.jobs import follow


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch")(watch)


def watch(context: typer.Context, name: TargetArgument, to: To = None, timeout: Timeout = None) -> None:
    """Watch a job until it ends: its rate and expected end.

    Exit code 1 when it did not succeed.

    [dim]$ sfn-callback watch 20260131T235959Z-0123456789ab

    $ sfn-callback watch my-execution --timeout 600 -o result.json && echo fine[/dim]
    """
    as_json = options(context).as_json
    patience = shared.patience(timeout)
    downloads.checked(to, as_json=as_json)
    _, meant = target(context, name)
    if meant.execution is None:
        raise not_found(f"Of {meant.called} is not known which execution waits for it.")
    shared.expect_merge(to, meant.execution.workflow)
    follow.to_its_end(meant.execution, patience, as_json=as_json, to=to)
