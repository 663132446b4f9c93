"""``redrive``."""

from typing import Annotated

import typer

from sfn_callback_operator.actions import follow, parent_redrive, rounds
from sfn_callback_operator.actions.rounds import ChunkSelection, Round
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import DocumentJob, Timeout
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import parents, targets
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


def redrive(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    job: DocumentJob,
    failed: Annotated[bool, typer.Option("--failed", help="Only failed chunks.")] = False,
    missing: Annotated[bool, typer.Option("--missing", help="Only missing chunks: neither done nor failed.")] = False,
    pending: Annotated[
        bool, typer.Option("--pending", help="Include pending chunks that somebody still works on.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it ends.")] = True,
    timeout: Timeout = None,
) -> None:
    """Reprocess the chunks of a job that have no result.

    Pending chunks that were handed on, or sent a heartbeat, within `pending.heartbeat_seconds` are left alone.

    A waiting job continues when they are done. If a job has failed, this command waits and merges the results: its
    execution stays FAILED, but `result` fetches the merged result. For a document in parts, only the failed parts
    are processed again; then a new execution merges all.

    [dim]$ sfn-callback redrive 20260131T235959Z-0123456789ab

    $ sfn-callback redrive 20260131T235959Z-0123456789ab --failed[/dim]
    """
    if failed and missing:
        raise OperatorError("--failed and --missing are mutually exclusive; omit both to redrive both.", USAGE)
    if failed and pending:
        raise OperatorError("A failed chunk is not pending: leave out --failed or --pending.", USAGE)
    patience = options.patience(timeout, wait=wait)
    which = ChunkSelection.FAILED if failed else ChunkSelection.MISSING if missing else ChunkSelection.BOTH
    deployment, meant = options.target(context, job)
    targets.expect_own(deployment, meant)
    if meant.execution and meant.execution.workflow == parents.WORKFLOW:
        _expect_whole(meant, which)
        whole = parents.newest(deployment, meant)
        _redrive_parts(context, deployment, whole, patience if wait else None, hand_on=pending)
        return
    round_ = rounds.begin(meant, which, again=pending)
    screen.say(f"{screen.counted(round_.chunks, 'chunk')} of {meant.called} processed again{_left(round_.pending)}.")
    if wait:
        _see_through(context, deployment, meant, round_, patience)
    elif options.chosen(context).as_json:
        begun = {"job": round_.job.job, "chunks": round_.chunks, "resumes": round_.resumes}
        screen.write_json({**begun, "left_pending": round_.pending})


def _see_through(
    context: typer.Context, deployment: Deployment, meant: Target, round_: Round, patience: PollTimer
) -> None:
    as_json = options.chosen(context).as_json
    if round_.resumes and meant.execution and meant.execution.function:
        _watch(round_, patience)
        screen.say(f"The chunks are done: the durable function {meant.execution.function} goes on.")
        return
    if round_.resumes and meant.execution:
        follow.to_its_end(deployment, meant.execution, patience, as_json=as_json)
        return
    _watch(round_, patience)
    if meant.execution and meant.execution.open:
        screen.say("The results are written: the merge will find them.")
        return
    rounds.expect_no_failure(round_)
    with screen.working("Merging"):
        merged = rounds.merge(deployment, meant)
    if as_json:
        screen.write_json(merged)
    else:
        url = f"s3://{merged['result']['bucket']}/{merged['result']['key']}"
        screen.facts({"merged": url, "chunks": merged["chunks"], "failed": merged["failed"]})
        screen.say(f"The execution stays {meant.execution.status if meant.execution else 'as it is'}.")
        screen.say(_next(meant))


def _next(meant: Target) -> str:
    if meant.execution and meant.execution.function:
        again = f"For the rest of its work, invoke {meant.execution.function} again."
        return f"To fetch the merged result: sfn-callback result {meant.called}. {again}"
    part = meant.job.document.part if meant.job.document else None
    if part:
        return f"It is part {part.number} of {part.parent}. To merge the whole: sfn-callback redrive {part.parent}"
    return f"To fetch the merged result: sfn-callback result {meant.called}"


def _expect_whole(meant: Target, which: ChunkSelection) -> None:
    if which is not ChunkSelection.BOTH:
        says = f"--{which.value} works on one part: `sfn-callback show {meant.called}` names the job of each."
        raise OperatorError(f"{says} Without it, all failed parts are processed again.", USAGE)


def _left(pending: int) -> str:
    """Return the sentence about pending chunks that are left alone."""
    if not pending:
        return ""
    them = "1 of them is pending, and is" if pending == 1 else f"{pending:,} of them are pending, and are"
    return f"; {them} left to whoever works on it (--pending hands on again)"


def _redrive_parts(
    context: typer.Context, deployment: Deployment, meant: Target, patience: PollTimer | None, *, hand_on: bool
) -> None:
    """Reprocess the failed parts, and have the machine merge; without waiting, only the former."""
    as_json, begun = options.chosen(context).as_json, parent_redrive.begin(deployment, meant, again=hand_on)
    chunks, pending = (sum(getattr(one.round, name) for one in begun) for name in ("chunks", "pending"))
    which = f"{screen.counted(chunks, 'chunk')} of {screen.counted(len(begun), 'part')}"
    screen.say(f"{which} of {meant.called} processed again{_left(pending)}.")
    if patience is None:
        if as_json:
            screen.write_json({"job": meant.called, "parts": len(begun), "chunks": chunks, "left_pending": pending})
        screen.say(f"To combine and merge them when they are done: sfn-callback redrive {meant.called}")
        return
    with screen.bar() as bar:
        task = bar.add_task("chunks processed again", total=chunks, more="")
        for settled in parent_redrive.follow(begun, meant.called, patience):
            bar.update(task, completed=settled)
    with screen.working("Combining parts"):
        parent_redrive.combine(deployment, begun)
    again = parent_redrive.start_again(deployment, meant)
    screen.say(f"Started {again.name}, which runs the remaining parts and merges all.")
    follow.to_its_end(deployment, again, patience, as_json=as_json)
    parent_redrive.note_made_good(meant, again)


def _watch(round_: Round, patience: PollTimer) -> None:
    with screen.bar() as bar:
        task = bar.add_task("chunks processed again", total=round_.chunks, more="")
        for settled in rounds.follow(round_, patience):
            bar.update(task, completed=settled)
