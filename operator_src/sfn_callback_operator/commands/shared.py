"""What commands have in common: their deployment, the target that is named, and the options for both."""

import sys
from typing import Annotated

import typer

from sfn_callback_operator import completion, deployment
from sfn_callback_operator.aws import Options
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import targets
from sfn_callback_operator.jobs.polling import Patience
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="A job's id, an execution's name or ARN, an approval's mark or link.",
        autocompletion=completion.jobs,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0, help="Wait no longer: exit code 7. What was begun goes on."),
]
To = Annotated[
    str | None,
    typer.Option("--to", "-o", metavar="FILE", help="Fetch what is merged when it has succeeded; - for stdout."),
]


def options(context: typer.Context) -> Options:
    """Return what every command takes."""
    found: Options = context.find_object(Options) or Options()
    return found


def opened(context: typer.Context) -> Deployment:
    """Return the deployment that is meant."""
    return deployment.opened(options(context).name)


def target(context: typer.Context, name: str) -> tuple[Deployment, Target]:
    """Return the deployment, and what is named in it."""
    meant = opened(context)
    return meant, targets.found(meant, name)


def patience(timeout: float | None, *, wait: bool = True) -> Patience:
    """Return how long there is to wait: without an end, where nothing is said.

    Raises:
        OperatorError: a limit is given for no wait.
    """
    if timeout is not None and not wait:
        raise OperatorError("--timeout is for how long to --wait.", USAGE)
    return Patience(timeout)


def expect_merge(to: str | None, workflow: str) -> None:
    """Refuse to fetch what is merged of a workflow that merges nothing.

    Raises:
        OperatorError: that is wanted.
    """
    if to is not None and workflow != "documents":
        raise OperatorError(f"-o fetches what is merged of a document, and {workflow} merges nothing.", USAGE)


def confirmed(deployment: Deployment, question: str, yes: bool) -> None:
    """Ask before something that cannot be taken back; the question ends with whose it is.

    Raises:
        OperatorError: nobody is there to be asked.
    """
    if yes:
        return
    question = screen.cleaned(f"{question} This is {deployment.place}.")
    if not sys.stdin.isatty():
        raise OperatorError(f"{question} Nobody is here to be asked: say --yes.", USAGE)
    typer.confirm(question, abort=True, err=True)
