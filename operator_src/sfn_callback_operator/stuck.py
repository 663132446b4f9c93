"""What waits longer than it should: which job, why, and the command that mends it."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sfn_callback import clients
from sfn_callback_operator import connection, executions, jobs, positions, questions, screen
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.executions import Execution
from sfn_callback_operator.findings import PROBLEM, WARNING, Finding, good
from sfn_callback_operator.rounds import WAITING_STATE

_ATTEMPTS, _PAUSES_SECONDS = 3, 240
"""https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: pauses of one and two minutes."""
_RECENT = timedelta(hours=24)
_LOOKED_AT = 100
_GRACE_SECONDS = 600


def stuck(deployment: Deployment) -> Iterator[Finding]:
    """Does a job wait for chunks that will never come, or for a verdict that was not delivered?"""
    open_ = [one for one in executions.listed(deployment, executions.OPEN) if one.workflow == "documents"]
    found = [finding for one in open_ for finding in _stuck(deployment, one)]
    yield from found
    if not found:
        yield good("open jobs", f"{len(open_)} open, none of them stuck")


def overdue(deployment: Deployment) -> Iterator[Finding]:
    """Is an approval's deadline over, and nobody was told?"""
    if "approval" not in deployment.machines:
        return
    for asked in questions.undecided():
        if time.time() > asked.deadline + _GRACE_SECONDS and _is_open(asked.execution):
            says = f"the deadline of approval {asked.mark} is over, and its machine still waits"
            yield Finding(PROBLEM, "approvals", says, f"sfn-callback fail {asked.mark}, or cancel its execution")


def failures(deployment: Deployment) -> Iterator[Finding]:
    """What has failed lately?"""
    since = datetime.now(UTC) - _RECENT
    for status in ("FAILED", "TIMED_OUT"):
        recent = [one for one in executions.listed(deployment, status, _LOOKED_AT) if (one.stopped or since) > since]
        if recent:
            counts = Counter(one.workflow for one in recent)
            which = ", ".join(f"{number} of {workflow}" for workflow, number in counts.items())
            newest = max(recent, key=lambda one: one.started)
            says = f"{which} {status} within a day, the newest {newest.name}"
            yield Finding(WARNING, "failures", says, f"sfn-callback show {newest.name}, and jobs --all")


def throttling(deployment: Deployment) -> Iterator[Finding]:
    """Did Lambda turn chunks away?"""
    if "documents" not in deployment.machines:
        return
    throttled = _sum("AWS/Lambda", "Throttles", {"FunctionName": deployment.function("process")})
    if throttled:
        says = f"Lambda turned {throttled:,} invocations of {deployment.function('process')} away within an hour"
        do = "They are tried again for six hours. Raise reserved_concurrency, or the account's concurrency."
        yield Finding(WARNING, "throttling", says, do)


def _stuck(deployment: Deployment, one: Execution) -> Iterator[Finding]:
    position = positions.position(one)
    if position.state != WAITING_STATE or position.job is None or position.since is None:
        return
    counted, waited = jobs.progress(jobs.current(position.job)), screen.ago(position.since)
    job = position.job.job
    if not counted.open:
        if waited > _FRESH_SECONDS:
            says = f"all chunks of {job} have a fate, and its machine still waits: the verdict was not delivered"
            yield Finding(PROBLEM, "open jobs", says, f"sfn-callback redrive {job}")
    elif not counted.waits:
        says = f"{job} waits, and the ledger has no token of it: see the log of {deployment.function('await_chunks')}"
        yield Finding(PROBLEM, "open jobs", says, f"sfn-callback restart {one.name} after sfn-callback cancel {job}")
    elif waited > patience_seconds(deployment):
        missing = screen.counted(counted.open, "chunk")
        says = f"{job} has waited {screen.duration(waited)} for {missing}, longer than three attempts take"
        yield Finding(PROBLEM, "open jobs", says, f"sfn-callback redrive {job} --missing")


_FRESH_SECONDS = 10


def patience_seconds(deployment: Deployment) -> int:
    """Return how long three attempts at a chunk take, with Lambda's pauses."""
    name = deployment.settings.process_function
    timeout: int = clients.functions().get_function_configuration(FunctionName=name)["Timeout"]
    return _ATTEMPTS * timeout + _PAUSES_SECONDS


def _is_open(arn: str) -> bool:
    if not arn:
        return False
    return executions.described(arn, "approval")[0].open


def _sum(namespace: str, metric: str, dimensions: dict[str, str]) -> int:
    end = datetime.now(UTC)
    said: Any = connection.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=end - timedelta(hours=1),
        EndTime=end,
        Period=3600,
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in islice(said["Datapoints"], 2)))
