"""The command line: the options that every command takes, and what an error becomes."""

import inspect
import sys
from contextlib import suppress
from enum import StrEnum
from typing import Annotated

import typer
from typer import Option

from sfn_callback import __version__, log
from sfn_callback_operator import aws, completion, errors
from sfn_callback_operator.aws import Options
from sfn_callback_operator.commands import (
    diagram,
    doctor,
    jobs,
    logs,
    mending,
    result,
    show,
    starting,
    subscribe,
    timeline,
    undelivered,
    verdicts,
    watch,
)
from sfn_callback_operator.output import screen

_EXITS = """
[bold]Exit codes[/bold]

0  all is well
1  what was looked at, or waited for, is not well
2  wrong command line, or AWS configuration
3  no such deployment, job, execution, result or approval
4  refused by AWS: credentials or permissions
5  AWS does not answer now: try again
6  not done, as nothing waits for it any more
7  not ended yet, or not within --timeout: it goes on
"""
_HELP = """
See every paused job of a terraform-aws-sfn-callback deployment, and mend it.

[bold]First[/bold]

$ sfn-callback jobs                        what is open, and what it waits for

$ sfn-callback doctor                      what is wrong, and what to do about it

$ sfn-callback show JOB                    its chunks: done, failed and why, missing

$ sfn-callback redrive JOB                 process again what has no result

$ sfn-callback result DOCUMENT             what was merged of it

JOB is what `jobs` shows: a job's id, an execution's name or ARN, or an approval's mark. A task token is never needed.
Which deployment is meant is said by --name, or SFN_CALLBACK_NAME, or found where there is only one.
"""

app = typer.Typer(
    name="sfn-callback",
    help=_HELP,
    epilog=_EXITS,
    rich_markup_mode="rich",
    no_args_is_help=True,
    # A traceback with values in it could show a token.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Output(StrEnum):
    """What answers are printed as."""

    TABLE = "table"
    JSON = "json"


_ABOUT_AWS = (errors.UNWELL, errors.NOT_FOUND, errors.DENIED, errors.UNAVAILABLE, errors.REFUSED)
_EVERYWHERE = ("--name", "-n", "--region", "--profile", "--endpoint-url", "--output")


def _tell(wanted: bool) -> None:
    if wanted:
        screen.answer(f"sfn-callback {__version__}")
        raise typer.Exit


@app.callback()
def everywhere(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    name: Annotated[
        str | None,
        Option(
            "--name",
            "-n",
            envvar="SFN_CALLBACK_NAME",
            help="The module's name.",
            autocompletion=completion.deployments,
        ),
    ] = None,
    region: Annotated[str | None, Option(envvar="AWS_REGION", help="Where it is.")] = None,
    profile: Annotated[str | None, Option(help="Of your AWS configuration; or AWS_PROFILE.")] = None,
    endpoint_url: Annotated[str | None, Option(help="Another AWS; or AWS_ENDPOINT_URL.")] = None,
    output: Annotated[Output, Option(envvar="SFN_CALLBACK_OUTPUT", help="For people, or for programs.")] = Output.TABLE,
    _version: Annotated[bool, Option("--version", callback=_tell, is_eager=True, help="Say which this is.")] = False,
) -> None:
    """Take the options; they may stand before or after the command."""
    context.obj = Options(name, region, profile, endpoint_url, output is Output.JSON)
    aws.use(context.obj)


def _flowing(text: str) -> str:
    """Return a docstring without the line breaks within its paragraphs, which a terminal would be shown."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))


_GROUPS = (
    jobs,
    show,
    doctor,
    starting,
    watch,
    result,
    mending,
    verdicts,
    logs,
    subscribe,
    undelivered,
    timeline,
    diagram,
)
for _group in _GROUPS:
    _group.add_to(app)
for _command in app.registered_commands:
    _command.help = _flowing(_command.callback.__doc__ or "")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit code. The operator sees a sentence, never a traceback."""
    log.silence()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(_hoisted(given), prog_name="sfn-callback")
    except SystemExit as ended:
        # Whoever read the answer has seen enough, as head has; Rich and Typer end with a code of their own.
        seen_enough = isinstance(ended.__context__, BrokenPipeError)
        return 0 if seen_enough else ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as problem:
        return _told(problem)
    return 0


def run() -> None:
    """Run as the installed command."""
    screen.prepare()
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as problem:
        code = code or _told(problem)
    screen.give_up()
    sys.exit(code)


def _told(problem: Exception) -> int:
    explained = errors.explained(problem)
    if explained is None:
        raise problem
    with suppress(OSError):
        screen.say(f"sfn-callback: {explained}")
        if explained.code in _ABOUT_AWS and (place := aws.place()):
            screen.say(f"Where: {place}.")
    return explained.code


def _hoisted(arguments: list[str]) -> list[str]:
    """Return the arguments with the options of every command in front: who is woken at night puts them anywhere."""
    first: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument == "--":
            rest += [argument, *left]
        elif argument in _EVERYWHERE:
            first += [argument, *[value for value in [next(left, None)] if value is not None]]
        elif argument.partition("=")[0] in _EVERYWHERE:
            first.append(argument)
        else:
            rest.append(argument)
    return [*first, *rest]
