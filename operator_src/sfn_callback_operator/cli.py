"""The command line: the options that every command takes, and how errors are shown."""

import inspect
import sys
from contextlib import suppress
from typing import Annotated

import typer
from typer import Option

from sfn_callback import __version__, log
from sfn_callback_operator import aws, errors
from sfn_callback_operator.commands import (
    approve,
    cancel,
    diagram,
    doctor,
    fail,
    heartbeat,
    jobs,
    logs,
    options,
    redrive,
    report,
    restart,
    result,
    resume,
    show,
    start,
    subscribe,
    timeline,
    undelivered,
    watch,
)
from sfn_callback_operator.output import screen

_EXITS = """
[bold]Exit codes[/bold]

0  success
1  a problem was found, or the awaited execution failed
2  invalid command line or AWS configuration
3  no such deployment, job, execution, result or approval
4  refused by AWS: credentials or permissions
5  AWS is unavailable: try again
6  not done: nothing waits for it any more
7  still running, or not ended within --timeout; it continues
130  interrupted by Ctrl-C
"""
_HELP = """
See the paused jobs of a terraform-aws-sfn-callback deployment, and act on them.

[bold]Begin with[/bold]

$ sfn-callback jobs              # what is open and what it waits for

$ sfn-callback doctor            # what is wrong and what to do about it

$ sfn-callback show JOB          # its chunks: done, failed and why, missing

$ sfn-callback redrive JOB       # reprocess the chunks without a result

$ sfn-callback result DOCUMENT   # fetch its merged result

JOB is what `jobs` shows: a job's id, an execution's name or ARN, or an approval's mark. A task token is never needed.
Name the deployment with --name or SFN_CALLBACK_NAME; if there is only one, it is found.
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
_ABOUT_AWS = (errors.UNWELL, errors.NOT_FOUND, errors.DENIED, errors.UNAVAILABLE, errors.REFUSED)


def _tell(wanted: bool) -> None:
    if wanted:
        screen.answer(f"sfn-callback {__version__}")
        raise typer.Exit


@app.callback()
@options.everywhere
def before_the_command(
    _version: Annotated[bool, Option("--version", callback=_tell, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Accept the options before the command; each command reads them itself."""


def _flowing(text: str) -> str:
    """Return a docstring without the line breaks within its paragraphs, so that the terminal's width decides."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))


_COMMANDS = (
    jobs.jobs, show.show, doctor.doctor, start.start, restart.restart, watch.watch, result.result, redrive.redrive,
    report.report, cancel.cancel, resume.resume, fail.fail, heartbeat.heartbeat, approve.approve, logs.logs,
    subscribe.subscribe, undelivered.undelivered, timeline.timeline, diagram.diagram,
)  # fmt: skip
for _command in _COMMANDS:
    app.command(_command.__name__, help=_flowing(_command.__doc__ or ""))(options.everywhere(_command))


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit code. The operator sees a sentence, never a traceback."""
    log.silence()
    try:
        app(arguments, prog_name="sfn-callback")
    except SystemExit as ended:
        # The reader, such as head, has closed the pipe; Rich and Typer would end with their own code.
        seen_enough = isinstance(ended.__context__, BrokenPipeError)
        return 0 if seen_enough else ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        return _told(error)
    return 0


def run() -> None:
    """Run as the installed command."""
    screen.prepare()
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        code = code or _told(error)
    screen.give_up()
    sys.exit(code)


def _told(error: Exception) -> int:
    explained = errors.to_operator_error(error)
    if explained is None:
        raise error
    with suppress(OSError):
        screen.say(f"sfn-callback: {explained}")
        if explained.code in _ABOUT_AWS and (place := aws.place()):
            screen.say(f"Where: {place}.")
    return explained.code
