"""``diagram``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sfn_callback.aws import clients
from sfn_callback_operator import completion
from sfn_callback_operator.actions import starts
from sfn_callback_operator.commands import options
from sfn_callback_operator.deployment import WORKFLOWS
from sfn_callback_operator.diagram import graph, machine
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.output import screen, webpage

_WORKFLOW = f"Workflow to draw, if there are several: {', '.join(WORKFLOWS)}."


def diagram(
    context: typer.Context,
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="WORKFLOW", help=_WORKFLOW, autocompletion=completion.workflows),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", "-o", metavar="FILE", help="Write to this .svg or .html file (default: Mermaid on stdout)."
        ),
    ] = None,
) -> None:
    """Draw a workflow's state machine as deployed.

    [dim]$ sfn-callback diagram documents -o machine.svg

    $ sfn-callback diagram documents > machine.mmd[/dim]
    """
    deployment = options.opened(context)
    arn = starts.machine_of(deployment, workflow or starts.only(deployment, "Which workflow? Name one"))
    description = clients.stepfunctions().describe_state_machine(stateMachineArn=arn)
    drawn = graph.read(json.loads(description["definition"]))
    if to is None:
        screen.write(graph.mermaid(drawn))
        return
    path = Path(to)
    if to != "-" and path.suffix not in (".html", ".svg"):
        raise OperatorError(f"{path.name} is neither .html nor .svg.", USAGE)
    picture = machine.svg(drawn, description["name"])
    webpage.write(to, path, webpage.page(description["name"], picture) if path.suffix == ".html" else picture)
