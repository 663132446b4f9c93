"""What ``jobs`` lists: a row for each execution, with what it waits for."""

import json
from dataclasses import dataclass
from typing import Any

from sfn_callback import approval, clients
from sfn_callback.approvals import Approval
from sfn_callback_operator import executions, jobs, positions, questions, screen
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.executions import Execution
from sfn_callback_operator.jobs import Progress
from sfn_callback_operator.positions import Position
from sfn_callback_operator.rounds import WAITING_STATE

_WORKERS = {
    "direct": "an answer of the function {name}-direct-worker",
    "queue": "whoever consumes the queue {name}-tasks",
    "topic": "a subscriber of the topic {name}-tasks",
}


@dataclass(frozen=True, slots=True)
class Row:
    """An execution, or an approval that a machine of somebody else's waits for."""

    execution: Execution | None
    position: Position
    progress: Progress | None
    round: int | None
    waits_for: str
    asked: Approval | None = None

    @property
    def called(self) -> str:
        """The name that other commands take."""
        if self.asked:
            return self.asked.mark
        if self.position.job:
            return self.position.job.job
        return self.execution.name if self.execution else ""

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        one, done = self.execution, self.progress
        return {
            "target": self.called,
            "workflow": one.workflow if one else "approval",
            "status": one.status if one else executions.OPEN,
            "age_seconds": round(screen.ago(one.started)) if one else None,
            "state": self.position.state,
            "since": self.position.since,
            "job": self.position.job.job if self.position.job else None,
            "round": self.round,
            "chunks": done.chunks if done else None,
            "done": done.done if done else None,
            "failed": done.failed if done else None,
            "waits_for": self.waits_for,
            "execution": one.arn if one else self.asked.execution if self.asked else None,
        }


def open_rows(deployment: Deployment) -> list[Row]:
    """Return what is open, the oldest first: nobody who is woken looks for the newest."""
    open_ = list(executions.listed(deployment, executions.OPEN))
    asked = list(questions.undecided()) if "approval" in deployment.machines else []
    rows = [_open_row(deployment, one, asked) for one in open_]
    known = {one.arn for one in open_}
    # A machine of the caller's own can ask, too. One of ours that has ended asks nobody any more.
    ours = tuple(machine.replace(":stateMachine:", ":execution:") for machine in deployment.machines.values())
    foreign = [one for one in asked if one.execution not in known and not one.execution.startswith(ours)]
    rows += [Row(None, Position("?"), None, None, _question(one), one) for one in foreign]
    return sorted(rows, key=lambda row: -(row.execution.seconds if row.execution else 0))


def ended_rows(deployment: Deployment, limit: int, status: str | None = None) -> list[Row]:
    """Return those that have ended, of each workflow and status the newest: what failed comes first."""
    statuses = [one for one in executions.ENDED if status in (None, one)]
    found = [one for each in statuses for one in executions.listed(deployment, each, limit)]
    found.sort(key=lambda one: (one.status == "SUCCEEDED", -(one.stopped or one.started).timestamp()))
    return list(map(_ended_row, found[:limit]))


def _open_row(deployment: Deployment, one: Execution, asked: list[Approval]) -> Row:
    position = positions.position(one)
    if position.job:
        job = jobs.current(position.job)
        counted = jobs.progress(job)
        return Row(one, position, counted, job.round + 1, _chunks(position, counted))
    mine = next((approval_ for approval_ in asked if approval_.execution == one.arn), None)
    if mine:
        return Row(one, position, None, None, _question(mine), mine)
    return Row(
        one,
        position,
        None,
        None,
        _WORKERS.get(one.workflow, "its state {state}").format(name=deployment.name, state=position.state),
    )


def _chunks(position: Position, counted: Progress) -> str:
    if position.state != WAITING_STATE:
        return f"its state {position.state}"
    if counted.open:
        return f"{counted.open:,} of {counted.chunks:,} chunks"
    return "nothing: all chunks have a fate, and the verdict was not delivered"


def _question(asked: Approval) -> str:
    return f"a decision until {approval.readable(asked.deadline)}: {asked.question.subject}"


def _ended_row(one: Execution) -> Row:
    said = clients.stepfunctions().describe_execution(executionArn=one.arn)
    position = positions.position(one)
    return Row(one, position, None, None, _ending(said))


def _ending(said: Any) -> str:
    if said.get("error") or said.get("cause"):
        return f"{said.get('error') or 'no error'}: {said.get('cause') or 'no cause is given'}"
    output = said.get("output")
    where = json.loads(output).get("result") if output and output.startswith("{") else None
    return f"s3://{where['bucket']}/{where['key']}" if isinstance(where, dict) and "key" in where else ""
