"""Following an execution to its end: a bar for people, a line for each change for programs."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.progress import Progress as Bar
from rich.progress import TaskID

from sfn_callback_operator.actions import downloads
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import UNWELL, OperatorError
from sfn_callback_operator.jobs import causes, durable_waits, executions, outcomes, parents, positions, results
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


@dataclass(frozen=True, slots=True)
class Moment:
    """An execution, where it is, and its chunks, at one moment; ``parts``: how many are combined, and of how many."""

    execution: Execution
    position: Position
    progress: Progress | None
    parts: tuple[int, int] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        done = self.progress
        counts = {"chunks": done.chunks, "done": done.done, "failed": done.failed} if done else {}
        execution = self.execution
        parts = {"parts_combined": self.parts[0], "parts_total": self.parts[1]} if self.parts else {}
        known = {"status": execution.status, "state": self.position.state, "seconds": execution.seconds}
        return {**known, **parts, **counts}


class Rate:
    """Chunks a second, and when the rest will be done, since the first look."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def text(self, progress: Progress) -> str:
        """Return ``3.5/s, 4m 5s left``, nothing where nothing is known yet."""
        now, settled = time.monotonic(), progress.done + progress.failed
        if self._first is None:
            self._first = (now, settled)
        seconds, settled_since = now - self._first[0], settled - self._first[1]
        if not settled_since or not seconds:
            return ""
        rate = settled_since / seconds
        left = f", {screen.duration(progress.open / rate)} left" if progress.open else ""
        return f"{rate:,.1f}/s{left}"


def moments(deployment: Deployment, execution: Execution, patience: PollTimer) -> Iterator[Moment]:
    """Yield the execution's state, again and again, until it has ended.

    Raises:
        OperatorError: the time limit is over.
    """
    of_parent = parents.Parts(deployment, execution)
    durable = durable_waits.position(execution.arn) if execution.function else None
    while True:
        now, _ = executions.described(execution.arn, execution.workflow)
        position = durable or positions.position(now)
        if position.whole and now.open:
            found = of_parent.look(position, parents.MOST_READ)
            combined = sum(part.combined for part in found)
            yield Moment(now, position, parents.total(found), (combined, len(found)))
        else:
            yield Moment(now, position, outcomes.progress(position.job) if position.job and now.open else None)
        if not now.open:
            return
        patience.pause(f"To follow it: sfn-callback watch {execution.target}")


def from_its_start(  # noqa: PLR0913 - what a command was told
    deployment: Deployment,
    execution: Execution,
    patience: PollTimer,
    *,
    wait: bool,
    as_json: bool,
    to: str | None = None,
) -> None:
    """Show a started execution: until it has ended, or only its name; errors as :func:`to_its_end`."""
    if wait:
        to_its_end(deployment, execution, patience, as_json=as_json, to=to)
    elif as_json:
        screen.write_json({"execution": execution.arn, "name": execution.name})
    else:
        screen.answer(f"Started {execution.name}. To follow it: sfn-callback watch {execution.name}")


def to_its_end(
    deployment: Deployment, execution: Execution, patience: PollTimer, *, as_json: bool, to: str | None = None
) -> None:
    """Show an execution until it has ended, and how; when it has succeeded, fetch its result to a file.

    Raises:
        OperatorError: it did not succeed, or not in time.
    """
    last = _shown(deployment, execution, patience)
    _, description = executions.described(execution.arn, execution.workflow)
    succeeded = last.execution.status == "SUCCEEDED"
    if as_json:
        ending = {"error": description.get("error"), "cause": _cause(description)}
        ending["output"] = executions.output(description)
        fetched = {"result": _fetch(last, to, as_json=True)} if succeeded and to is not None else {}
        screen.write_json({"execution": execution.arn, **last.as_json(), **ending, **fetched})
    else:
        screen.facts(_ending(last, description), beside=to == downloads.STDOUT)
    if not succeeded:
        says = f"{execution.name} has {last.execution.status}: see `sfn-callback show {execution.target}`."
        raise OperatorError(says, UNWELL)
    if to is not None and not as_json:
        _fetch(last, to, as_json=False)


def _ending(last: Moment, description: Mapping[str, Any]) -> dict[str, Any]:
    execution = last.execution
    return {
        "execution": execution.arn,
        "status": screen.status(execution.status),
        "took": screen.duration(execution.seconds),
        "output": description.get("output") if execution.status == "SUCCEEDED" else None,
        "error": description.get("error"),
        "cause": _cause(description),
    }


def _cause(said: Mapping[str, Any]) -> str | None:
    return causes.plain(said.get("cause")) or None


def _fetch(last: Moment, to: str, *, as_json: bool) -> dict[str, Any]:
    return downloads.deliver(results.of(Target(last.execution, last.position)), to, as_json=as_json)


def _shown(deployment: Deployment, execution: Execution, patience: PollTimer) -> Moment:
    rate = Rate()
    with screen.bar() as bar:
        task = bar.add_task(execution.name, total=None, more="")
        for moment in moments(deployment, execution, patience):
            last = moment
            _update(bar, task, moment, rate)
    return last


def _update(bar: Bar, task: TaskID, moment: Moment, rate: Rate) -> None:
    done, state = moment.progress, moment.position.state or moment.execution.status
    if done is None:
        bar.update(task, description=state)
        return
    parts = f", {moment.parts[0]:,} of {moment.parts[1]:,} parts" if moment.parts else ""
    failed = f", {done.failed:,} failed" if done.failed else ""
    settled = done.done + done.failed
    text = f"{state}{parts}{failed}"
    bar.update(task, description=text, completed=settled, total=done.chunks, more=rate.text(done))
