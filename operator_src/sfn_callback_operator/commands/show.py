"""``show``."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.text import Text

from sfn_callback import timestamps
from sfn_callback.approvals.store import Approval
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import causes, executions, outcomes, parents, pending_chunks, positions, results
from sfn_callback_operator.jobs.outcomes import JobOutcomes
from sfn_callback_operator.jobs.parents import Part
from sfn_callback_operator.jobs.pending_chunks import Lacking
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen

_SHOWN, _PARTS_SHOWN = 50, 64
_LONGEST = 1_000
_MADE_GOOD = "its result was merged later"


def show(context: typer.Context, job: TargetArgument) -> None:
    """Show a job's chunks (done, failed and why, pending, missing), or the parts of a document and their progress.

    [dim]$ sfn-callback show 20260131T235959Z-0123456789ab

    $ sfn-callback show 20260131T235959Z-0123456789ab --output json | jq .missing[/dim]
    """
    deployment, meant = options.waiting(context, job)
    with screen.working("Listing results"):
        job_outcomes = outcomes.of_job(outcomes.current(meant.job)) if meant.position.job else None
        found, lacking = _parts(deployment, meant), _lacking(deployment, meant, job_outcomes)
    facts = {**_described(meant, job_outcomes), **_total(found)}
    if options.chosen(context).as_json:
        parts = {"parts": [_part_json(part) for part in found]} if meant.position.whole else {}
        screen.write_json({**facts, **_outcomes_json(job_outcomes, lacking), **parts})
        return
    screen.facts(_for_people(facts, meant))
    if meant.position.several:
        screen.say(positions.ONE_OF_SEVERAL)
    if job_outcomes:
        _show_outcomes(job_outcomes, lacking, meant.called)
    if found:
        _show_parts(found, meant)


def _described(meant: Target, job_outcomes: JobOutcomes | None) -> dict[str, Any]:
    execution, job = meant.execution, meant.position.job
    facts: dict[str, Any] = {}
    if execution:
        _, description = executions.described(execution.arn, execution.workflow)
        facts |= {"execution": execution.arn, "workflow": execution.workflow, "status": execution.status}
        facts |= {"function": execution.function, "name": execution.name} if execution.function else {}
        facts |= {"started": execution.started, "seconds": execution.seconds}
        facts |= {"state": meant.position.state, "since": meant.position.since}
        facts |= {"error": description.get("error"), "cause": causes.plain(description.get("cause")) or None}
        facts |= {"output": executions.output(description)}
        facts |= _objects(meant)
    if meant.position.whole:
        facts |= {"job": meant.position.whole.parent}
    if execution and (of := parents.named(execution.name)):
        facts |= {"part": of[1], "parent": of[0]}
    if job:
        facts |= {"job": job.job, "round": outcomes.current(job).round, "tolerated": job.tolerated}
    if job_outcomes:
        facts |= {"chunks": job_outcomes.chunks, "done": len(job_outcomes.done)}
    return facts | (_asked(meant.approval) if meant.approval else {})


def _for_people(facts: dict[str, Any], meant: Target) -> dict[str, Any]:
    """Return the facts for people; long values, which JSON has in full, are cut with a sign."""
    ended = meant.execution and meant.execution.stopped
    shown: dict[str, Any] = {}
    for name, value in facts.items():
        if name == "seconds":
            shown["took" if ended else "age"] = screen.duration(value)
        elif name in ("cause", "output") and value is not None:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            shown[name] = screen.cut(text, _LONGEST)
        else:
            shown[name] = value
    return shown


def _objects(meant: Target) -> dict[str, Any]:
    """Return the places of a job's objects, as far as they exist."""
    at, execution = results.document(meant), meant.execution
    if at is None:
        return {}
    result, report = results.place(meant), results.report(meant)
    failed = execution and execution.status not in (executions.OPEN, "SUCCEEDED")
    return {
        "document": f"s3://{at.bucket}/{at.key}",
        "options": dict(at.options) or None,
        "result": result.url if result else None,
        "made good": _MADE_GOOD if result and failed else None,
        "beside": ", ".join(results.names_beside(result)) if result else None,
        "report": report.url if report else None,
    }


def _asked(asked: Approval) -> dict[str, Any]:
    decided = asked.decision
    actions = ", ".join(f"{action.name} ({action.kind})" for action in asked.request.actions)
    return {
        "approval": asked.mark,
        "subject": asked.request.subject,
        "until": timestamps.readable(asked.deadline),
        "asked": f"{asked.times_asked} times" if asked.times_asked > 1 else "once",
        "actions": actions,
        "on it": (asked.heartbeat or {}).get("decider") or (asked.heartbeat or {}).get("label"),
        "decided": f"{decided.action or decided.error or 'answered'} at {decided.time}" if decided else "not yet",
    }


def _parts(deployment: Deployment, meant: Target) -> list[Part]:
    if meant.execution is None or meant.position.whole is None:
        return []
    return parents.Parts(deployment, meant.execution).look(meant.position, parents.MOST_READ)


def _total(found: Sequence[Part]) -> dict[str, Any]:
    if not found:
        return {}
    done, combined = parents.total(found), sum(part.combined for part in found)
    counts = {"chunks": done.chunks, "done": done.done, "failed_count": done.failed}
    return {"parts_total": len(found), "parts_combined": combined, **counts}


def _part_json(part: Part) -> dict[str, Any]:
    done, one, ending = part.progress, part.execution, part.position.ending if part.position else {}
    return {
        "part": part.number,
        "bytes": part.size,
        "status": part.status,
        "chunks": done.chunks if done else None,
        "done": done.done if done else None,
        "failed": done.failed if done else None,
        "job": part.job.job if part.job else None,
        "execution": one.arn if one else None,
        "why": causes.sentence(ending.get("error"), ending.get("cause")) or None,
    }


def _show_parts(found: Sequence[Part], meant: Target) -> None:
    """Show the parts, of many those that have failed and those that run first."""
    in_order = sorted(found, key=lambda part: (not part.failed, not part.open)) if len(found) > _PARTS_SHOWN else found
    rows = [_part_cells(part) for part in in_order[:_PARTS_SHOWN]]
    more = f", of which {_PARTS_SHOWN} are shown" if len(found) > _PARTS_SHOWN else ""
    columns = ("part", "bytes", "status", "chunks", "done", "failed", "execution")
    screen.table(columns, rows, title=f"{screen.counted(len(found), 'part')}{more}")
    if meant.execution and not meant.execution.open and not all(part.combined for part in found):
        screen.answer(f"\nTo process again what failed, and merge: sfn-callback redrive {meant.called}")


def _part_cells(part: Part) -> tuple[str | Text, ...]:
    done, name = part.progress, part.execution.name if part.execution else ""
    counts = (done.chunks, done.done, done.failed or None) if done else (None, None, None)
    numbers = ("" if number is None else f"{number:,}" for number in (part.size, *counts))
    size, *counted = numbers
    return (str(part.number), size, screen.status(part.status), *counted, name)


def _lacking(deployment: Deployment, meant: Target, job_outcomes: JobOutcomes | None) -> Lacking:
    if meant.position.job is None or job_outcomes is None:
        return Lacking()
    since = meant.execution.started if meant.execution else datetime.now(UTC)
    return pending_chunks.lacking(deployment, meant.position.job.job, job_outcomes.missing, since)


def _outcomes_json(job_outcomes: JobOutcomes | None, lacking: Lacking) -> dict[str, Any]:
    if job_outcomes is None:
        return {}
    by_reason: dict[str, list[int]] = {}
    for index, why in job_outcomes.failed.items():
        by_reason.setdefault(why, []).append(index)
    failed = [{"reason": why, "count": len(of), "chunks": screen.ranges(of)} for why, of in by_reason.items()]
    counts = {"failed_count": len(job_outcomes.failed), "missing_count": len(lacking.missing)}
    return {**counts, "failed": failed, "missing": screen.ranges(lacking.missing), **_pending_json(lacking)}


def _pending_json(lacking: Lacking) -> dict[str, Any]:
    if not pending_chunks.are_possible():
        return {}
    pending = {"pending_count": len(lacking.pending), "pending": screen.ranges(lacking.pending)}
    return {**pending, "pending_looked_for": lacking.looked_for, "silent": screen.ranges(lacking.silent)}


def _show_outcomes(job_outcomes: JobOutcomes, lacking: Lacking, called: str) -> None:
    if job_outcomes.failed:
        rows = [(str(index), Text(why, "red")) for index, why in list(job_outcomes.failed.items())[:_SHOWN]]
        more = f", of which {_SHOWN} are shown" if len(job_outcomes.failed) > _SHOWN else ""
        screen.table(("chunk", "why"), rows, title=f"{screen.counted(len(job_outcomes.failed), 'chunk')} failed{more}")
    _show_lacking(lacking)
    if job_outcomes.failed or lacking.missing:
        screen.answer(f"\nTo process them again: sfn-callback redrive {called}")


def _show_lacking(lacking: Lacking) -> None:
    if lacking.pending:
        cut = len(lacking.pending) + len(lacking.missing) > lacking.looked_for
        of = f" (of the first {lacking.looked_for:,} without an outcome)" if cut else ""
        pending = screen.counted(len(lacking.pending), "chunk")
        screen.answer(f"{pending} pending{of}: {screen.indexes(lacking.pending)}")
    if lacking.missing:
        missing = screen.counted(len(lacking.missing), "chunk")
        screen.answer(f"{missing} without a result or a reason: {screen.indexes(lacking.missing)}")
    if lacking.silent:
        one, silent = len(lacking.silent) == 1, screen.indexes(lacking.silent)
        heard = f"{'was' if one else 'were'} handed on, and not heard of since"
        screen.answer(f"{len(lacking.silent):,} of them {heard}: {silent}")
