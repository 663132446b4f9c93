"""``resume``, ``fail``, ``heartbeat`` and ``approve``."""

import json
from typing import Annotated, Any

import typer

from sfn_callback_operator import completion
from sfn_callback_operator.actions import answers
from sfn_callback_operator.actions.rounds import WAITING_STATE
from sfn_callback_operator.commands import shared
from sfn_callback_operator.commands.shared import TargetArgument, Yes, target
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen

Comment = Annotated[str, typer.Option("--comment", "-m", help="Kept with the decision.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("resume")(resume)
    app.command("fail")(fail)
    app.command("heartbeat")(heartbeat)
    app.command("approve")(approve)


def resume(
    context: typer.Context,
    name: TargetArgument,
    output: Annotated[str | None, typer.Option("--with", help="The waiting state's output, as JSON.")] = None,
    yes: Yes = False,
) -> None:
    """Have what waits go on now.

    A job merges what is there and leaves out what is missing, whatever it tolerates.

    [dim]$ sfn-callback resume 20260131T235959Z-0123456789ab

    $ sfn-callback resume my-execution --with '{"pages": 3}'[/dim]
    """
    deployment, meant = _meant(context, name)
    said = _output(meant, output)
    shared.confirmed(deployment, f"Resume {meant.called} with {json.dumps(said)[:200]}?", yes)
    answers.succeed(meant, said)
    screen.say(f"Resumed {meant.called}.")


def fail(
    context: typer.Context,
    name: TargetArgument,
    error: Annotated[str, typer.Option(help="The name that a state catches it by.")] = "FailedByOperator",
    cause: Annotated[str, typer.Option(help="Why.")] = "Failed by an operator.",
    yes: Yes = False,
) -> None:
    """Have what waits take its failure branch.

    Unlike `cancel`, that reports what there is.

    [dim]$ sfn-callback fail 20260131T235959Z-0123456789ab --cause "the supplier is gone" --yes[/dim]
    """
    deployment, meant = _meant(context, name)
    shared.confirmed(deployment, f"Fail {meant.called} with {error}?", yes)
    answers.fail(meant, error, cause)
    screen.say(f"Failed {meant.called} with {error}.")


def heartbeat(context: typer.Context, name: TargetArgument) -> None:
    """Say that somebody is on it.

    An approval leaves out its next reminder; a worker's task has its heartbeat counted.

    [dim]$ sfn-callback heartbeat 1a2b3c4d[/dim]
    """
    _, meant = _meant(context, name)
    answers.heartbeat(meant)
    screen.say(f"{meant.called} knows that somebody is on it.")


def approve(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="APPROVAL", help="Its mark, its link, or its execution.", autocompletion=completion.jobs
        ),
    ],
    action: Annotated[str | None, typer.Option("--action", "-a", help="Which button, if not the positive one.")] = None,
    comment: Comment = "",
) -> None:
    """Decide an approval, as its page does.

    Who decided is noted: the identity of these credentials.

    [dim]$ sfn-callback approve 1a2b3c4d -m "seen with Ana"

    $ sfn-callback approve 1a2b3c4d --action reject[/dim]
    """
    _, meant = _meant(context, name)
    if meant.approval is None:
        raise OperatorError(f"{meant.called} is no approval.", USAGE)
    pressed = answers.act(meant.approval, action, comment)
    screen.say(f"{meant.called}: {pressed.label}.")


def _meant(context: typer.Context, name: str) -> tuple[Deployment, Target]:
    deployment, found = target(context, name)
    return deployment, answers.with_approval(found)


def _output(meant: Target, output: str | None) -> Any:
    if output is not None:
        try:
            return json.loads(output)
        except ValueError as problem:
            raise OperatorError(f"--with is not JSON: {problem}.", USAGE) from None
    return answers.outcome_so_far(meant) if meant.position.state == WAITING_STATE else {}
