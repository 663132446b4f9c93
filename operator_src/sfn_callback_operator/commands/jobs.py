"""``jobs``."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from sfn_callback_operator.commands import options
from sfn_callback_operator.deployment import WORKFLOWS, Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import ended_jobs, executions, open_jobs, spans
from sfn_callback_operator.jobs.open_jobs import Page, Wanted
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.jobs.rows import Row
from sfn_callback_operator.output import screen

_LONGEST_CELL = 180
_LIMIT = "20, or all with --names"
_EVERY_SECONDS = 5.0
"""A page of 20 rows asks for four histories a second then: of 20 that an account has for everybody."""


class Status(StrEnum):
    """An execution's, as Step Functions names them."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    SUCCEEDED = "SUCCEEDED"


def jobs(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", "-a", help="Include what has ended, failed ones first.")] = False,
    status: Annotated[Status | None, typer.Option(help="Filter by status.")] = None,
    names: Annotated[bool, typer.Option("--names", "-q", help="Print only names, one per line.")] = False,
    limit: Annotated[
        int | None, typer.Option(metavar="ROWS", min=1, help="Maximum number of rows.", show_default=_LIMIT)
    ] = None,
    workflow: Annotated[str | None, options.workflow(f"Filter by workflow: {', '.join(WORKFLOWS)}.")] = None,
    older_than: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Only what started more than SECONDS ago.")
    ] = 0,
    since: Annotated[
        str | None,
        typer.Option(metavar="DURATION|TIME", help="Only what started since then: 90m, 1d12h, or a time in UTC."),
    ] = None,
    error: Annotated[str | None, typer.Option(metavar="NAME", help="Only what ended with this error.")] = None,
    parts: Annotated[bool, typer.Option("--parts", help="List all running and failed parts, not only five.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh every 5 seconds until Ctrl-C.")] = False,
) -> None:
    """List what is open, oldest first, and what it waits for.

    Each row costs a request to AWS, and an account has few per second: the list has 20 rows of what is open (with
    --all, every one) and 20 of what has ended. --names costs none and lists everything; --error costs one for each
    ended execution.

    [dim]$ sfn-callback jobs

    $ sfn-callback jobs --all --since 1d --output json

    $ sfn-callback jobs --error ChunksFailed --watch

    $ sfn-callback jobs --status FAILED --names | xargs -n1 sfn-callback redrive[/dim]
    """
    if workflow is not None and workflow not in WORKFLOWS:
        raise OperatorError(f"--workflow {workflow!r} is not one of {', '.join(WORKFLOWS)}.", USAGE)
    if error is not None and status in (Status.RUNNING, Status.SUCCEEDED):
        raise OperatorError(f"Executions that are {status.value} have no error: leave out --error or --status.", USAGE)
    if names and watch:
        raise OperatorError("--names and --watch are mutually exclusive.", USAGE)
    wanted = Wanted(limit, every, workflow, older_than, spans.since(since) if since else None, error, names, parts)
    deployment = options.opened(context)
    if names:
        _print_names(deployment, wanted, status)
    elif watch:
        _watch(context, deployment, wanted, status)
    else:
        _print(context, deployment, status, _pages(deployment, wanted, status))


def _kinds(wanted: Wanted, status: Status | None) -> tuple[bool, bool]:
    """Return whether what is open is meant, and whether what has ended is."""
    open_ = wanted.error is None and status in (None, Status.RUNNING)
    ended = bool(wanted.every or status or wanted.error) and status is not Status.RUNNING
    return open_, ended


def _print_names(deployment: Deployment, wanted: Wanted, status: Status | None) -> None:
    open_, ended = _kinds(wanted, status)
    lists = [open_jobs.open_names(deployment, wanted)] if open_ else []
    lists += [ended_jobs.names(deployment, wanted, status)] if ended else []
    screen.write("".join(f"{name}\n" for each in lists for name in each.rows))
    for each in lists:
        if each.beyond:
            screen.say(each.beyond)


def _pages(deployment: Deployment, wanted: Wanted, status: Status | None) -> list[Page[Row]]:
    open_, ended = _kinds(wanted, status)
    pages = [open_jobs.open_page(deployment, wanted)] if open_ else []
    return pages + ([ended_jobs.page(deployment, wanted, status)] if ended else [])


def _watch(context: typer.Context, deployment: Deployment, wanted: Wanted, status: Status | None) -> None:
    """List again and again: in place on a terminal; elsewhere each list follows the one before."""
    while True:
        pages = _pages(deployment, wanted, status)
        if not options.chosen(context).as_json:
            screen.clear()
            screen.answer(f"{deployment.name} at {screen.moment(datetime.now(UTC))}")
        _print(context, deployment, status, pages, lines=True)
        time.sleep(_EVERY_SECONDS)


def _print(
    context: typer.Context,
    deployment: Deployment,
    status: Status | None,
    pages: Sequence[Page[Row]],
    *,
    lines: bool = False,
) -> None:
    rows = [row for page in pages for row in page.rows]
    if options.chosen(context).as_json:
        screen.write_json([row.as_json() for row in rows], on_a_line=lines)
    elif rows:
        cells = [cell for row in rows for cell in _lines(row)]
        screen.table(("job", "workflow", "status", "age", "progress", "round", _last_head(rows)), cells)
    else:
        screen.answer(f"Nothing of {deployment.name} is {status.value if status else 'open'}.")
    for page in pages:
        if page.beyond:
            screen.say(page.beyond)


def _last_head(rows: Sequence[Row]) -> str:
    wait = [row.execution is None or row.execution.open for row in rows]
    heads = {"waits for": any(wait), "ended with": not all(wait)}
    return ", or ".join(head for head, needed in heads.items() if needed)


def _lines(row: Row) -> Iterator[tuple[str | Text, ...]]:
    """Yield the line of a row, and those of its parts, which are below it."""
    yield _cells(row)
    for part in row.parts:
        called, _, *others = _cells(part)
        yield (f"  {called}", "", *others)
    if row.more:
        yield (f"  {screen.counted(row.more, 'more part')}: --parts lists all", *[""] * 6)


def _cells(row: Row) -> tuple[str | Text, ...]:
    execution, done = row.execution, row.progress
    return (
        row.called,
        execution.workflow if execution else "approval",
        screen.status(execution.status if execution else executions.OPEN),
        screen.duration(screen.ago(execution.started)) if execution else "",
        _progress(done) if done and row.total is None else _parts(row),
        str(row.round or ""),
        screen.cut(row.waits_for, _LONGEST_CELL),
    )


def _parts(row: Row) -> str:
    return "" if row.total is None else f"{row.combined:,} of {row.total:,} parts"


def _progress(done: Progress) -> str:
    failed = f", {done.failed:,} failed" if done.failed else ""
    return f"{'' if done.exact else 'at least '}{done.done:,} of {done.chunks:,}{failed}"
