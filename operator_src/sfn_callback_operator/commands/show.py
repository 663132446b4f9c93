"""``show``."""

import json
from typing import Any

import typer
from rich.text import Text

from sfn_callback import timestamps
from sfn_callback.approvals.store import Approval
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import TargetArgument
from sfn_callback_operator.jobs import causes, executions, outcomes, positions, results
from sfn_callback_operator.jobs.outcomes import JobOutcomes
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen

_SHOWN = 50
_LONGEST = 1_000
_MADE_GOOD = "its result has been merged since, and is there"


def show(context: typer.Context, job: TargetArgument) -> None:
    """Show a job's chunks: done, failed and why, missing.

    [dim]$ sfn-callback show 20260131T235959Z-0123456789ab

    $ sfn-callback show 20260131T235959Z-0123456789ab --output json | jq .missing[/dim]
    """
    _, meant = options.waiting(context, job)
    with screen.working("Listing results"):
        job_outcomes = outcomes.of_job(outcomes.current(meant.job)) if meant.position.job else None
    facts = _described(meant, job_outcomes)
    if options.chosen(context).as_json:
        screen.write_json({**facts, **_outcomes_json(job_outcomes)})
        return
    screen.facts(_for_people(facts, meant))
    if meant.position.several:
        screen.say(positions.ONE_OF_SEVERAL)
    if job_outcomes:
        _show_outcomes(job_outcomes, meant.called)


def _described(meant: Target, job_outcomes: JobOutcomes | None) -> dict[str, Any]:
    execution, job = meant.execution, meant.position.job
    facts: dict[str, Any] = {}
    if execution:
        _, description = executions.described(execution.arn, execution.workflow)
        facts |= {"execution": execution.arn, "workflow": execution.workflow, "status": execution.status}
        facts |= {"started": execution.started, "seconds": execution.seconds}
        facts |= {"state": meant.position.state, "since": meant.position.since}
        facts |= {"error": description.get("error"), "cause": causes.plain(description.get("cause")) or None}
        facts |= {"output": executions.output(description)}
        facts |= _objects(meant)
    if job:
        facts |= {"job": job.job, "round": outcomes.current(job).round, "tolerated": job.tolerated}
    if job_outcomes:
        facts |= {"chunks": job_outcomes.chunks, "done": len(job_outcomes.done)}
    return facts | (_asked(meant.approval) if meant.approval else {})


def _for_people(facts: dict[str, Any], meant: Target) -> dict[str, Any]:
    """Return the facts as somebody reads them; what a program is told in full is cut, with a sign, where it is long."""
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
    """Say where what belongs to a job is, as far as it is there."""
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


def _outcomes_json(job_outcomes: JobOutcomes | None) -> dict[str, Any]:
    if job_outcomes is None:
        return {}
    by_reason: dict[str, list[int]] = {}
    for index, why in job_outcomes.failed.items():
        by_reason.setdefault(why, []).append(index)
    failed = [{"reason": why, "count": len(of), "chunks": screen.ranges(of)} for why, of in by_reason.items()]
    counts = {"failed_count": len(job_outcomes.failed), "missing_count": len(job_outcomes.missing)}
    return {**counts, "failed": failed, "missing": screen.ranges(job_outcomes.missing)}


def _show_outcomes(job_outcomes: JobOutcomes, called: str) -> None:
    if job_outcomes.failed:
        rows = [(str(index), Text(why, "red")) for index, why in list(job_outcomes.failed.items())[:_SHOWN]]
        more = f", of which {_SHOWN} are shown" if len(job_outcomes.failed) > _SHOWN else ""
        screen.table(("chunk", "why"), rows, title=f"{screen.counted(len(job_outcomes.failed), 'chunk')} failed{more}")
    if job_outcomes.missing:
        missing = screen.counted(len(job_outcomes.missing), "chunk")
        screen.answer(f"{missing} without a result or a reason: {screen.indexes(job_outcomes.missing)}")
    if job_outcomes.failed or job_outcomes.missing:
        screen.answer(f"\nTo process them again: sfn-callback redrive {called}")
