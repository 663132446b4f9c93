"""``report``."""

from pathlib import Path
from typing import Annotated

import typer

from sfn_callback_operator.actions import reports
from sfn_callback_operator.actions.reports import ByHand
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import DocumentJob
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import targets
from sfn_callback_operator.output import screen


def report(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    job: DocumentJob,
    chunk: Annotated[int, typer.Argument(metavar="CHUNK", min=0, help="Chunk number, as `show` lists it.")],
    result: Annotated[Path | None, typer.Option(metavar="FILE", help="File with the chunk's result.")] = None,
    error: Annotated[str | None, typer.Option(metavar="NAME", help="Error name, if there is no result.")] = None,
    cause: Annotated[str, typer.Option(metavar="TEXT", help="Details of the error.")] = "",
) -> None:
    """Report a pending chunk's result or error by hand.

    The first outcome counts, and the last chunk's outcome resumes the machine. After a redrive, a chunk without a
    recent heartbeat may need a new round, which also reprocesses the other chunks without one.

    [dim]$ sfn-callback report 20260131T235959Z-0123456789ab 7 --result page-7.txt

    $ sfn-callback report 20260131T235959Z-0123456789ab 7 --error Illegible[/dim]
    """
    by_hand = _given(result, error, cause)
    deployment, meant = options.target(context, job)
    targets.expect_own(deployment, meant)
    if meant.position.whole:
        says = f"Chunks belong to parts: `sfn-callback show {meant.called}` names the job of each part."
        raise OperatorError(says, USAGE)
    with screen.working(f"Reporting chunk {chunk}"):
        now, begun = reports.report(meant, chunk, by_hand)
    if options.chosen(context).as_json:
        number, again = (begun.job.round, begun.chunks) if begun else (now.round, None)
        known = {"job": now.job, "chunk": chunk, "outcome": by_hand.outcome}
        screen.write_json({**known, "round": number, "processed_again": again})
        return
    screen.say(f"Chunk {chunk} of {now.job} {'is done' if result else 'has failed'}.")
    if begun and begun.chunks:
        others = screen.counted(begun.chunks, "chunk")
        screen.say(f"It has no slot in round {now.round}, so round {begun.job.round} starts, with {others}.")


def _given(result: Path | None, error: str | None, cause: str) -> ByHand:
    if bool(result) == bool(error):
        raise OperatorError("Give the chunk's outcome: either --result FILE or --error NAME.", USAGE)
    if result and cause:
        raise OperatorError("--cause is only for --error: leave it out with --result.", USAGE)
    by_hand = ByHand(result, error or "", cause)
    reports.check(by_hand)
    return by_hand
