"""The redrive of a document in parts: each failed part as a job, then the machine for the rest.

The machine is started again for the same parent: it runs the parts that are not combined, if any, and merges all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sfn_callback.documents.part_events import Cut
from sfn_callback.fanin import ledger
from sfn_callback_operator.actions import rounds, starts
from sfn_callback_operator.actions.rounds import ChunkSelection, Round
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import NOT_FOUND, UNWELL, OperatorError, not_found
from sfn_callback_operator.jobs import parents, results
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.parents import Part, Parts
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.targets import Target
from sfn_callback_operator.output import screen


@dataclass(frozen=True, slots=True)
class PartRound:
    """A part of a parent, and the round that has begun for it."""

    number: int
    target: Target
    round: Round


def begin(deployment: Deployment, meant: Target, *, again: bool = False) -> list[PartRound]:
    """Start a round for each part that failed, or was stopped, after its split; others are left to the machine.

    Pending chunks are processed too if ``again`` is true.

    Raises:
        OperatorError: the parent, or one of its parts, still runs; all is done; or the document was never cut.
    """
    whole = _ended(meant)
    with screen.working("Looking at its parts"):
        found = Parts(deployment, _execution(meant)).look(meant.position)
    _expect_none_open(whole.parent, found)
    begun = (_begun(part, again=again) for part in found if part.failed and part.job)
    return [one for one in begun if one]


def follow(begun: Sequence[PartRound], parent: str, patience: PollTimer) -> Iterator[int]:
    """Yield how many chunks of all rounds have an outcome, again and again, until all have.

    Raises:
        OperatorError: the time limit is over.
    """
    while True:
        counted = [rounds.settled(one.round) for one in begun]
        yield sum(settled for settled, _ in counted)
        if all(settled >= total for settled, total in counted):
            return
        patience.pause(f"What it has done is kept. To continue: sfn-callback redrive {parent}")


def combine(deployment: Deployment, begun: Sequence[PartRound]) -> None:
    """Combine each part whose round has ended well.

    Raises:
        OperatorError: not all of them have; the message says why.
    """
    problems = []
    for one in begun:
        try:
            rounds.expect_no_failure(one.round)
            rounds.merge(deployment, one.target)
        except OperatorError as error:
            problems.append(f"part {one.number}: {error}")
    if problems:
        more = f" And {len(problems) - 3} more parts." if len(problems) > 3 else ""
        raise OperatorError(" ".join(problems[:3]) + more, UNWELL)


def start_again(deployment: Deployment, meant: Target) -> Execution:
    """Start the machine for the same parent: it runs the parts that are not combined, and merges all."""
    whole = _ended(meant)
    return starts.begin(deployment, parents.WORKFLOW, {**whole.document.as_input(), "parent": whole.parent})


def note_made_good(meant: Target, again: Execution) -> None:
    """Record for lists where the result of a failed parent is."""
    done = results.place(Target(again, meant.position))
    if done and meant.position.whole:
        ledger.connect().note_made_good(meant.position.whole.parent, done.key)


def _ended(meant: Target) -> Cut:
    one, whole = _execution(meant), meant.position.whole
    if one.open:
        raise OperatorError(
            f"{meant.called} still runs. To redrive only a part that is stuck, find its job with `sfn-callback"
            f" show {meant.called}`: sfn-callback redrive JOB. Or stop all of it first:"
            f" sfn-callback cancel {meant.called}"
        )
    if whole is None:
        raise OperatorError(
            f"{one.name} had not cut its document into parts. To start it again: sfn-callback restart {one.name}"
        )
    if place := results.place(meant):
        raise OperatorError(f"{meant.called} has nothing left to do: its result is {place.url}.")
    return whole


def _execution(meant: Target) -> Execution:
    if meant.execution is None:
        raise not_found(f"Cannot tell which execution runs the parts of {meant.called}.")
    return meant.execution


def _expect_none_open(parent: str, found: Sequence[Part]) -> None:
    if open_ := [part.number for part in found if part.open]:
        raise OperatorError(
            f"{screen.counted(len(open_), 'part')} of {parent} still {'runs' if len(open_) == 1 else 'run'}, and would"
            f" be run twice: {screen.indexes(open_)}. Wait for them, or stop them first: sfn-callback cancel {parent}"
        )


def _begun(part: Part, *, again: bool) -> PartRound | None:
    """Return the round that was started for a part, ``None`` if its chunks no longer exist: it is cut again."""
    if part.execution is None or part.position is None:
        return None
    target = Target(part.execution, part.position)
    try:
        return PartRound(part.number, target, rounds.begin(target, ChunkSelection.BOTH, again=again))
    except OperatorError as error:
        if error.code != NOT_FOUND:
            raise
        return None
