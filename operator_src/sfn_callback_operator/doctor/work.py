"""The work itself: what waits too long, has failed or was throttled, and what to do about it."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sfn_callback.fanin import ledger
from sfn_callback_operator import aws
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.doctor.findings import PROBLEM, WARNING, Finding, good
from sfn_callback_operator.jobs import approvals, executions, outcomes, parents, pending_chunks, positions
from sfn_callback_operator.jobs.executions import Execution, Listed
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.output import screen

_ATTEMPTS, _PAUSES_SECONDS = 3, 240
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: pauses of one and two minutes."""
_RECENT = timedelta(hours=24)
_LOOKED_AT = 100
_REQUESTS = 10
"""For a job's pending chunks, of which these tell of a thousand."""
_SHOWN = 10
"""Of what is stuck the oldest are shown, each with its command; one command is for all."""
_GRACE_SECONDS = 600
_YOUNG_SECONDS = 60
"""Whatever is younger may be on its way."""


def stuck(deployment: Deployment) -> Iterator[Finding]:
    """Does a job wait for chunks that will never come, or for a verdict that was not delivered?

    A wait that has just started is not suspicious, and costs no request.
    """
    if "documents" not in deployment.machines:
        return
    patience = patience_seconds(deployment)
    open_ = executions.listed(deployment, executions.OPEN, workflow="documents")
    suspicious = [execution for execution in open_.executions if execution.seconds > _YOUNG_SECONDS]
    suspicious.sort(key=lambda execution: execution.started)
    results: list[Finding] = []
    looked = 0
    while looked < min(len(suspicious), _LOOKED_AT) and len(results) < _SHOWN:
        results += _stuck_of(deployment, suspicious[looked : looked + _SHOWN], patience)
        looked += _SHOWN
    yield from results
    rest = [execution for execution in suspicious[looked:] if execution.seconds > patience]
    if rest:
        yield _more(len(rest), patience)
    elif not results:
        yield good("open jobs", f"{open_.number} open, none of them stuck")


def left_behind(deployment: Deployment) -> Iterator[Finding]:
    """Do parts run whose parent has ended?"""
    if parents.WORKFLOW not in deployment.machines:
        return
    by_parent = Counter(
        of_parent[0]
        for one in executions.listed(deployment, executions.OPEN, workflow="documents").executions
        if one.seconds > _YOUNG_SECONDS and (of_parent := parents.named(one.name))
    )
    known = executions.listed(deployment, executions.OPEN, workflow=parents.WORKFLOW).executions if by_parent else []
    open_ = {one.arn for one in known}
    tops = {name: noted[0].execution for name, noted in ledger.connect().notes(by_parent).items()}
    ended = [name for name, arn in tops.items() if arn and arn not in open_]
    for name in ended[:_SHOWN]:
        one, _ = executions.described(str(tops[name]), parents.WORKFLOW)
        # Whoever ends a parent stops its parts a moment later.
        if one.stopped and screen.ago(one.stopped) > _YOUNG_SECONDS:
            parts, runs = screen.counted(by_parent[name], "part"), "runs" if by_parent[name] == 1 else "run"
            says = f"{parts} of {name} still {runs}, and {one.name} is {one.status}"
            yield Finding(WARNING, "parts", says, f"sfn-callback cancel {name}")


def overdue(deployment: Deployment) -> Iterator[Finding]:
    """Has an approval's deadline passed without telling its machine?"""
    if "approval" not in deployment.machines:
        return
    latest = time.time() - _GRACE_SECONDS
    late = [approval for approval in approvals.undecided().approvals if approval.deadline < latest]
    late.sort(key=lambda approval: approval.deadline)
    for asked in late[:_LOOKED_AT]:
        one = executions.found(asked.execution, "approval") if asked.execution else None
        if one and one.open:
            who = f"the durable function {one.function}" if one.function else "its machine"
            says = f"the deadline of approval {asked.mark} has passed, and {who} still waits"
            yield Finding(PROBLEM, "approvals", says, f"sfn-callback fail {asked.mark}, or cancel its execution")
    if len(late) > _LOOKED_AT:
        more = screen.counted(len(late) - _LOOKED_AT, "more approval")
        says = f"the deadline of {more} has passed; their machines were not checked"
        yield Finding(WARNING, "approvals", says, "sfn-callback jobs --workflow approval --limit 1000")


def failures(deployment: Deployment) -> Iterator[Finding]:
    """What has failed lately?"""
    since = datetime.now(UTC) - _RECENT
    for status in ("FAILED", "TIMED_OUT"):
        listed = executions.listed(deployment, status, _LOOKED_AT)
        # A part's failure is its parent's.
        listed.executions = [one for one in listed.executions if not executions.is_part(one)]
        recent = Listed([execution for execution in listed.executions if (execution.stopped or since) > since])
        # If even the oldest listed one is recent, there may be more.
        recent.cut = {name for name in listed.cut if _all_are(name, listed, recent)}
        if recent.executions:
            workflows = dict.fromkeys(execution.workflow for execution in recent.executions)
            which = ", ".join(f"{recent.of(workflow)} of {workflow}" for workflow in workflows)
            newest = max(recent.executions, key=lambda execution: execution.started)
            says = f"{which} {status} in the last day, the newest {newest.name}"
            yield Finding(WARNING, "failures", says, f"sfn-callback show {newest.name}, and jobs --status {status}")


def throttling(deployment: Deployment) -> Iterator[Finding]:
    """Did Lambda turn chunks away?"""
    if "documents" not in deployment.machines:
        return
    throttled = _sum("AWS/Lambda", "Throttles", {"FunctionName": deployment.function("process")})
    if throttled:
        says = f"Lambda turned {throttled:,} invocations of {deployment.function('process')} away in the last hour"
        do = "They are tried again for six hours. Raise reserved_concurrency, or the account's concurrency."
        yield Finding(WARNING, "throttling", says, do)


def _stuck_of(deployment: Deployment, suspicious: Sequence[Execution], patience: int) -> Iterator[Finding]:
    placed = [(execution, positions.position(execution)) for execution in suspicious]
    waiting = [(execution, at, at.job) for execution, at in placed if at.state == positions.WAITING_STATE and at.job]
    counted = pending_chunks.counted(outcomes.counted([job for *_, job in waiting]), _REQUESTS * len(waiting))
    for (execution, at, _), (job, progress) in zip(waiting, counted, strict=True):
        waited = screen.ago(at.since) if at.since else execution.seconds
        yield from _stuck(deployment, execution.name, job.job, progress, waited, patience)


def _stuck(  # noqa: PLR0913, PLR0917 - what is known of it
    deployment: Deployment, name: str, job: str, counted: Progress, waited: float, patience: int
) -> Iterator[Finding]:
    if not counted.open:
        if waited > _FRESH_SECONDS:
            says = f"all chunks of {job} have an outcome, but its machine still waits: the verdict was not delivered"
            yield Finding(PROBLEM, "open jobs", says, f"sfn-callback redrive {job}")
    elif not counted.waits:
        says = f"{job} waits, but the ledger has no token for it: see the log of {deployment.function('await_chunks')}"
        yield Finding(PROBLEM, "open jobs", says, f"sfn-callback cancel {job}, then sfn-callback restart {name}")
    elif waited > patience and counted.open > (counted.pending or 0):
        missing = screen.counted(counted.open - (counted.pending or 0), "chunk")
        says = f"{job} has waited {screen.duration(waited)} for {missing}, longer than three attempts take"
        more = f"; {pending_chunks.said(counted)} more {'is' if counted.pending == 1 else 'are'} pending"
        yield Finding(
            PROBLEM, "open jobs", f"{says}{more if counted.pending else ''}", f"sfn-callback redrive {job} --missing"
        )


_FRESH_SECONDS = 10


def _more(number: int, patience: int) -> Finding:
    which = f"--workflow documents --status RUNNING --older-than {patience} --names"
    says = f"{screen.counted(number, 'more job')} {'is' if number == 1 else 'are'} as old, but not checked one by one"
    do = f"for job in $(sfn-callback jobs {which}); do sfn-callback redrive $job --missing --no-wait; done"
    return Finding(WARNING, "open jobs", says, f"If they are stuck as well: {do}")


def patience_seconds(deployment: Deployment) -> int:
    """Return how long three attempts at a chunk take, with Lambda's pauses and a pending chunk's heartbeat."""
    silence = deployment.settings.pending_heartbeat_seconds or 0
    return _ATTEMPTS * deployment.timeout_seconds + _PAUSES_SECONDS + silence


def _all_are(workflow: str, listed: Listed, recent: Listed) -> bool:
    ours, theirs = ([one for one in each.executions if one.workflow == workflow] for each in (listed, recent))
    return len(ours) == len(theirs)


def _sum(namespace: str, metric: str, dimensions: dict[str, str]) -> int:
    end = datetime.now(UTC)
    response: Any = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=end - timedelta(hours=1),
        EndTime=end,
        Period=3600,
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in islice(response["Datapoints"], 2)))
