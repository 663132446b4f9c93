"""``jobs`` and ``show``."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from sfn_callback import approval
from sfn_callback.approvals import Approval
from sfn_callback_operator import answers, executions, jobs, listing, positions, results, screen
from sfn_callback_operator.commands.shared import TargetArgument, opened, options, target
from sfn_callback_operator.deployment import WORKFLOWS
from sfn_callback_operator.executions import Execution
from sfn_callback_operator.jobs import Fates, Progress
from sfn_callback_operator.listing import Row, Wanted
from sfn_callback_operator.targets import Target

_SHOWN = 50
_LONGEST = 1_000
_LONGEST_CELL = 180
_MADE_GOOD = "its result has been merged since, and is there"


class Status(StrEnum):
    """An execution's, as Step Functions names them."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    SUCCEEDED = "SUCCEEDED"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("jobs")(list_jobs)
    app.command("show")(show)


def list_jobs(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", "-a", help="Also those that have ended, failed ones first.")] = False,
    status: Annotated[Status | None, typer.Option(help="Only those.")] = None,
    names: Annotated[bool, typer.Option("--names", "-q", help="Only what they are called, for a loop.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="How many rows, or names.")] = None,
    workflow: Annotated[str | None, typer.Option(help=f"Only of one of {', '.join(WORKFLOWS)}.")] = None,
    older_than: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="Only what began so long ago.")] = 0,
) -> None:
    """List what is open, the oldest first, and what it waits for.

    A page has up to 20 rows of what is open, and 20 of what has ended: a row is a request, of which an account has few.
    --names asks for none, and has all.

    [dim]$ sfn-callback jobs

    $ sfn-callback jobs --all --output json

    $ for job in $(sfn-callback jobs --status FAILED --names); do sfn-callback redrive $job; done[/dim]
    """
    deployment = opened(context)
    wanted = Wanted(limit, every, workflow, older_than)
    open_, ended = status in (None, Status.RUNNING), (every or status) and status is not Status.RUNNING
    if names:
        found = [*listing.open_names(deployment, wanted)] if open_ else []
        found += listing.ended_names(deployment, wanted, status) if ended else []
        screen.write("".join(f"{name}\n" for name in found))
        return
    pages = [listing.open_page(deployment, wanted)] if open_ else []
    pages += [listing.ended_page(deployment, wanted, status)] if ended else []
    rows = [row for page in pages for row in page.rows]
    if options(context).as_json:
        screen.write_json([row.as_json() for row in rows])
    elif rows:
        screen.table(("job", "workflow", "status", "age", "progress", "round", "waits for"), map(_cells, rows))
    else:
        screen.answer(f"Nothing of {deployment.name} is {status.value if status else 'open'}.")
    for page in pages:
        if page.beyond:
            screen.say(page.beyond)


def show(context: typer.Context, name: TargetArgument) -> None:
    """Show a job's chunks: done, failed and why, missing.

    [dim]$ sfn-callback show 20260131T235959Z-0123456789ab

    $ sfn-callback show 20260131T235959Z-0123456789ab --output json | jq .missing[/dim]
    """
    _, meant = target(context, name)
    meant = answers.with_approval(meant)
    with screen.working("Listing results"):
        fates = jobs.fates(jobs.current(meant.job)) if meant.position.job else None
    said = _described(meant, fates)
    if options(context).as_json:
        screen.write_json({**said, **_fates_json(fates)})
        return
    screen.facts(said)
    if meant.position.several:
        screen.say(positions.ONE_OF_SEVERAL)
    if fates:
        _show_fates(fates, meant.called)


def _cells(row: Row) -> tuple[str | Text, ...]:
    one, done = row.execution, row.progress
    return (
        row.called,
        one.workflow if one else "approval",
        screen.status(one.status if one else executions.OPEN),
        screen.duration(screen.ago(one.started)) if one else "",
        _progress(done) if done else "",
        str(row.round or ""),
        _short(row.waits_for, _LONGEST_CELL),
    )


def _progress(done: Progress) -> str:
    failed = f", {done.failed:,} failed" if done.failed else ""
    return f"{'' if done.exact else 'at least '}{done.done:,} of {done.chunks:,}{failed}"


def _described(meant: Target, fates: Fates | None) -> dict[str, Any]:
    one, job = meant.execution, meant.position.job
    said: dict[str, Any] = {}
    if one:
        _, description = executions.described(one.arn, one.workflow)
        said |= {"execution": one.arn, "workflow": one.workflow, "status": one.status, "started": one.started}
        said |= {
            "took" if one.stopped else "age": screen.duration(one.seconds),
            "state": meant.position.state,
            "since": meant.position.since,
        }
        said |= {"error": description.get("error"), "cause": _short(description.get("cause") or "")}
        said |= _objects(meant)
    if job:
        said |= {"job": job.job, "round": jobs.current(job).round + 1, "tolerated": job.tolerated}
    if fates:
        said |= {"chunks": fates.chunks, "done": len(fates.done)}
    return said | (_asked(meant.approval) if meant.approval else {})


def _objects(meant: Target) -> dict[str, Any]:
    """Say where what belongs to a job is, as far as it is there."""
    at = results.document(meant)
    if at is None:
        return {}
    result, report = results.place(meant), results.report(meant)
    return {
        "document": f"s3://{at.bucket}/{at.key}",
        "options": dict(at.options) or None,
        "result": result.url if result else None,
        "made good": _MADE_GOOD if result and meant.execution and _has_failed(meant.execution) else None,
        "beside": ", ".join(results.names_beside(result)) if result else None,
        "report": report.url if report else None,
    }


def _has_failed(one: Execution) -> bool:
    return one.status not in (executions.OPEN, "SUCCEEDED")


def _asked(asked: Approval) -> dict[str, Any]:
    decided = asked.decision
    actions = ", ".join(f"{action.name} ({action.kind})" for action in asked.question.actions)
    return {
        "approval": asked.mark,
        "subject": asked.question.subject,
        "until": approval.readable(asked.deadline),
        "asked": f"{asked.asked} times" if asked.asked > 1 else "once",
        "actions": actions,
        "on it": (asked.heartbeat or {}).get("decider") or (asked.heartbeat or {}).get("label"),
        "decided": f"{decided.action or decided.error or 'answered'} at {decided.time}" if decided else "not yet",
    }


def _fates_json(fates: Fates | None) -> dict[str, Any]:
    if fates is None:
        return {}
    by_reason: dict[str, list[int]] = {}
    for index, why in fates.failed.items():
        by_reason.setdefault(why, []).append(index)
    failed = [{"reason": why, "count": len(of), "chunks": screen.ranges(of)} for why, of in by_reason.items()]
    counts = {"failed_count": len(fates.failed), "missing_count": len(fates.missing)}
    return {**counts, "failed": failed, "missing": screen.ranges(fates.missing)}


def _show_fates(fates: Fates, called: str) -> None:
    if fates.failed:
        rows = [(str(index), Text(why, "red")) for index, why in list(fates.failed.items())[:_SHOWN]]
        more = f", of which {_SHOWN} are shown" if len(fates.failed) > _SHOWN else ""
        screen.table(("chunk", "why"), rows, title=f"{screen.counted(len(fates.failed), 'chunk')} failed{more}")
    if fates.missing:
        missing = screen.counted(len(fates.missing), "chunk")
        screen.answer(f"{missing} without a result or a reason: {screen.indexes(fates.missing)}")
    if fates.failed or fates.missing:
        screen.answer(f"\nTo process them again: sfn-callback redrive {called}")


def _short(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]} …"
