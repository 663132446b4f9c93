"""Shared by the commands: the options that every command takes, the deployment, and the named job."""

import inspect
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any

import typer

from sfn_callback_operator import aws, completion, deployment
from sfn_callback_operator.actions import answers
from sfn_callback_operator.aws import Options
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import results, targets
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


class Output(StrEnum):
    """The output format."""

    TABLE = "table"
    JSON = "json"


def chosen(context: typer.Context) -> Options:
    """Return the options of every command: as given after the command, else before it, else from the environment."""
    levels = (context, context.find_root())

    def value(name: str) -> Any:
        typed = (one for one in levels if getattr(one.get_parameter_source(name), "name", "") == "COMMANDLINE")
        return next(typed, context).params.get(name)

    # Older versions of Typer keep the text, and make an Output of it for whom it is passed to only.
    as_json = value("output") == Output.JSON
    return Options(value("name"), value("region"), value("profile"), value("endpoint_url"), as_json)


def completed(names: Callable[[Options, str], list[str]]) -> Callable[[typer.Context, str], list[str]]:
    """Return a completion function for the deployment that has been typed so far."""

    def offered(context: typer.Context, incomplete: str) -> list[str]:
        return names(chosen(context), incomplete)

    return offered


def _common(name: str, kind: Any, *flags: str, default: Any = None, **more: Any) -> Parameter:
    option = typer.Option(*flags, rich_help_panel=PANEL, **more)
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


PANEL = "Options of every command"
"""They may stand before the command, too."""
_NAMED = {"help": "Deployment: the module's `name`.", "autocompletion": completed(completion.deployments)}
_COMMON = (
    _common("name", str | None, "--name", "-n", metavar="NAME", envvar="SFN_CALLBACK_NAME", **_NAMED),
    _common("region", str | None, metavar="REGION", envvar="AWS_REGION", help="AWS region."),
    _common("profile", str | None, metavar="PROFILE", help="AWS profile (or AWS_PROFILE)."),
    _common("endpoint_url", str | None, metavar="URL", help="AWS endpoint URL (or AWS_ENDPOINT_URL)."),
    _common(
        "output",
        Output,
        default=Output.TABLE,
        envvar="SFN_CALLBACK_OUTPUT",
        help="Output format.",
    ),
)


def everywhere(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command to a command, which does not receive them: :func:`chosen` has them."""
    own = inspect.signature(command)

    @wraps(command)
    def run(**given: Any) -> None:
        command(**{name: given[name] for name in own.parameters})

    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *_COMMON])  # type: ignore[attr-defined]
    return run


def job(says: str, metavar: str = "JOB") -> Any:
    """Return the argument that names a job; its completion offers the existing jobs, executions and approvals."""
    return typer.Argument(metavar=metavar, help=says, autocompletion=completed(completion.jobs))


def workflow(says: str) -> Any:
    """Return the option that names a workflow."""
    return typer.Option(metavar="WORKFLOW", help=says, autocompletion=completion.workflows)


TargetArgument = Annotated[str, job("Job id, execution name or ARN, or approval mark or link.")]
DocumentJob = Annotated[str, job("Job id, or execution name or ARN.")]
Cause = Annotated[str, typer.Option(metavar="TEXT", help="Reason, stored with the execution.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0, help="Stop waiting after SECONDS (exit code 7); the job continues."
    ),
]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait until it ends; exit code 1 if it fails.")]
To = Annotated[
    str | None,
    typer.Option("--to", "-o", metavar="FILE", help="Write the merged result to FILE at the end; - for stdout."),
]


def opened(context: typer.Context) -> Deployment:
    """Return the named deployment, and configure the clients as the options say."""
    options = chosen(context)
    aws.configure(options)
    return deployment.load(options.name)


def target(context: typer.Context, job: str) -> tuple[Deployment, Target]:
    """Return the deployment, and what is named in it."""
    meant = opened(context)
    return meant, targets.resolve(meant, job)


def waiting(context: typer.Context, job: str) -> tuple[Deployment, Target]:
    """Return the deployment, and what is named in it, with the approval that its execution waits for."""
    meant, found = target(context, job)
    return meant, answers.with_approval(found)


def patience(timeout: float | None, *, wait: bool = True) -> PollTimer:
    """Return the timer of a wait: without an end if no limit is given.

    Raises:
        OperatorError: a limit is given without a wait.
    """
    if timeout is not None and not wait:
        raise OperatorError("--timeout limits --wait: add --wait.", USAGE)
    return PollTimer(timeout)


def expect_merge(to: str | None, workflow: str) -> None:
    """Refuse to fetch a merged result from a workflow that has none.

    Raises:
        OperatorError: ``to`` asks for one.
    """
    if to is not None and workflow not in results.MERGING:
        raise OperatorError(f"-o fetches the merged result of a document, and {workflow} has none.", USAGE)


def confirmed(deployment: Deployment, question: str, yes: bool) -> None:
    """Ask before something that cannot be undone; the question ends with the deployment.

    Raises:
        OperatorError: there is no terminal to ask.
    """
    if yes:
        return
    question = screen.cleaned(f"{question} This is {deployment.place}.")
    if not sys.stdin.isatty():
        raise OperatorError(f"{question} Not an interactive terminal: pass --yes to confirm.", USAGE)
    typer.confirm(question, abort=True, err=True)
