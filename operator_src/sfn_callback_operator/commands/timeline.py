"""``timeline``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import targets
from sfn_callback_operator.output import screen, webpage
from sfn_callback_operator.output.svg import NARROW
from sfn_callback_operator.timeline import picture, run_record

_FILE = "Write to this .html or .svg file; - for stdout. NAME is the execution's."


def timeline(
    context: typer.Context,
    job: TargetArgument,
    to: Annotated[str | None, typer.Option("--to", "-o", metavar="FILE", help=_FILE, show_default="NAME.html")] = None,
) -> None:
    """Draw one run: its states, the wait, and every attempt at every chunk.

    Retries, rounds and failures have their own colours; a chart below shows how many chunks were done when. The
    file needs no other file; as HTML it explains what you point at, and fits a phone. --output json prints the data
    instead.

    [dim]$ sfn-callback timeline 20260131T235959Z-0123456789ab -o run.html[/dim]
    """
    deployment = options.opened(context)
    execution = targets.execution(deployment, job)
    if execution.function:
        says = f"{execution.name} belongs to the durable function {execution.function}, which has no states to draw"
        raise OperatorError(f"{says}. Its steps: aws lambda get-durable-execution-history, or Lambda's console.")
    path = Path(to or f"{execution.name}.html")
    if to != "-" and path.suffix not in (".html", ".svg"):
        raise OperatorError(f"{path.name} is neither .html nor .svg.", USAGE)
    run = run_record.of(deployment, execution)
    if options.chosen(context).as_json:
        screen.write_json(asdict(run))
        return
    drawn = picture.svg(run)
    is_page = path.suffix == ".html"
    webpage.write(to, path, webpage.page(run.name, drawn, picture.svg(run, NARROW)) if is_page else drawn)
