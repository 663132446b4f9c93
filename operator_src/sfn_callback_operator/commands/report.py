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
    chunk: Annotated[int, typer.Argument(metavar="CHUNK", min=0, help="Its number, as `show` has it.")],
    result: Annotated[Path | None, typer.Option(metavar="FILE", help="What the chunk has become.")] = None,
    error: Annotated[str | None, typer.Option(metavar="NAME", help="Why there is no result.")] = None,
    cause: Annotated[str, typer.Option(metavar="TEXT", help="More about the error.")] = "",
) -> None:
    """Report a chunk in the place of whoever it was handed to: its result, or an error.

    The first outcome counts; the last chunk's resumes the machine. After a redrive a chunk that nobody was heard of may
    need a new round: then the others that nobody was heard of are processed again, too.

    [dim]$ sfn-callback report 20260131T235959Z-0123456789ab 7 --result page-7.txt

    $ sfn-callback report 20260131T235959Z-0123456789ab 7 --error Illegible[/dim]
    """
    by_hand = _given(result, error, cause)
    deployment, meant = options.target(context, job)
    targets.expect_own(deployment, meant)
    if meant.position.whole:
        says = f"A chunk is of a part: `sfn-callback show {meant.called}` names the job of each."
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
        screen.say(f"Nothing says where it counts in round {now.round}: round {begun.job.round} begins, with {others}.")


def _given(result: Path | None, error: str | None, cause: str) -> ByHand:
    if bool(result) == bool(error):
        raise OperatorError("Say what became of the chunk: either --result FILE or --error NAME.", USAGE)
    if result and cause:
        raise OperatorError("--cause says more about an --error: leave it out beside --result.", USAGE)
    by_hand = ByHand(result, error or "", cause)
    reports.check(by_hand)
    return by_hand
