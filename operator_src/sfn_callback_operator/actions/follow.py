"""Following an execution to its end: a bar for people, a line for each change for programs."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.progress import Progress as Bar
from rich.progress import TaskID

from sfn_callback_operator.actions import downloads
from sfn_callback_operator.errors import UNWELL, OperatorError
from sfn_callback_operator.jobs import causes, executions, outcomes, positions, results
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.outcomes import Progress
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


@dataclass(frozen=True, slots=True)
class Moment:
    """An execution, where it is, and its chunks, at one moment."""

    execution: Execution
    position: Position
    progress: Progress | None

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        done = self.progress
        counts = {"chunks": done.chunks, "done": done.done, "failed": done.failed} if done else {}
        execution = self.execution
        return {"status": execution.status, "state": self.position.state, "seconds": execution.seconds, **counts}


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


def moments(execution: Execution, patience: PollTimer) -> Iterator[Moment]:
    """Yield what the execution is like, again and again, until it has ended.

    Raises:
        OperatorError: it takes longer than there is patience for.
    """
    while True:
        now, _ = executions.described(execution.arn, execution.workflow)
        position = positions.position(now)
        progress = outcomes.progress(position.job) if position.job and now.open else None
        yield Moment(now, position, progress)
        if not now.open:
            return
        patience.pause(f"To see it through: sfn-callback watch {execution.name}")


def from_its_start(
    execution: Execution, patience: PollTimer, *, wait: bool, as_json: bool, to: str | None = None
) -> None:
    """Show what has been started: until it has ended, or only what it is called; errors as :func:`to_its_end`."""
    if wait:
        to_its_end(execution, patience, as_json=as_json, to=to)
    elif as_json:
        screen.write_json({"execution": execution.arn, "name": execution.name})
    else:
        screen.answer(f"Started {execution.name}. To see it through: sfn-callback watch {execution.name}")


def to_its_end(execution: Execution, patience: PollTimer, *, as_json: bool, to: str | None = None) -> None:
    """Show an execution until it has ended, and how; when it has succeeded, fetch its result to a file.

    Raises:
        OperatorError: it did not succeed, or not in time.
    """
    last = _shown(execution, patience)
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
        says = f"{execution.name} has {last.execution.status}: see `sfn-callback show {execution.name}`."
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


def _shown(execution: Execution, patience: PollTimer) -> Moment:
    rate = Rate()
    with screen.bar() as bar:
        task = bar.add_task(execution.name, total=None, more="")
        for moment in moments(execution, patience):
            last = moment
            _update(bar, task, moment, rate)
    return last


def _update(bar: Bar, task: TaskID, moment: Moment, rate: Rate) -> None:
    done, state = moment.progress, moment.position.state or moment.execution.status
    if done is None:
        bar.update(task, description=state)
        return
    failed = f", {done.failed:,} failed" if done.failed else ""
    settled = done.done + done.failed
    bar.update(task, description=f"{state}{failed}", completed=settled, total=done.chunks, more=rate.text(done))
