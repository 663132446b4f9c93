"""``logs``."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import logs as job_logs
from sfn_callback_operator.jobs.logs import Line
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen

_COLOURS = {"WARNING": "yellow", "ERROR": "red"}
_LATE = timedelta(minutes=5)
_APPROVALS = timedelta(days=8)


class Level(StrEnum):
    """The level of a line."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def logs(
    context: typer.Context,
    job: TargetArgument,
    chunk: Annotated[int | None, typer.Argument(metavar="CHUNK", min=0, help="Only lines about this chunk.")] = None,
    level: Annotated[Level, typer.Option(help="Only lines of this level or higher.")] = Level.INFO,
) -> None:
    """Print what all functions logged about a job, in order of time.

    [dim]$ sfn-callback logs 20260131T235959Z-0123456789ab

    $ sfn-callback logs 20260131T235959Z-0123456789ab 7 --level WARNING[/dim]
    """
    deployment, meant = options.target(context, job)
    if chunk is not None and meant.position.whole:
        says = f"Chunks belong to parts: `sfn-callback show {meant.called}` names the job of each part."
        raise OperatorError(says, USAGE)
    since, until = _span(meant)
    levels = list(Level)[list(Level).index(level) :]
    with screen.working("Reading the functions' logs"):
        lines = [
            line
            for line in job_logs.of(deployment, meant, since, until)
            if line.level in levels and chunk in (None, line.fields.get("chunk"))
        ]
    if options.chosen(context).as_json:
        screen.write_json([line.as_json() for line in lines])
        return
    for line in lines:
        screen.line(_shown(line))
    if not lines:
        screen.say(f"No function has logged a line about {meant.called}: logs are kept for `retention_days.logs`.")


def _span(meant: Target) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    if meant.execution is None:
        return now - _APPROVALS, now
    # An uploaded document may still be waiting to be started, and an ended one may be redriven.
    return meant.execution.started - _LATE, now


def _shown(line: Line) -> Text:
    fields = "".join(f"  {name}={value}" for name, value in line.fields.items())
    return Text.assemble(
        (screen.moment(line.at), "dim"), f"  {line.handler:14}  ", (line.message, _COLOURS.get(line.level, "")), fields
    )
