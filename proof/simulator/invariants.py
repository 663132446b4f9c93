"""What must hold in every schedule."""

import json
from typing import TYPE_CHECKING, Any

from proof.simulator.attempts import Event, Request
from proof.simulator.deliveries import fanin_of
from sfn_callback.fanin.verdict import FAILURE

if TYPE_CHECKING:
    from proof.simulator.world import World

TOO_EARLY = "resumed too early"
STUCK = "never resumed"
WRONG = "wrong verdict or result"
AGAIN = "asked again"


class Violation(Exception):
    """Something that must hold does not. ``kind`` is one of the four above."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind


def verdict(world: "World", request: Request) -> None:
    """Check a verdict that the token is about to take."""
    job = world.execution.data["split"]["job"]
    succeeded = request.call == "succeed"
    if succeeded:
        open_ = [index for index in range(len(world.case.chunks)) if not _accounted(world, job["job"], index)]
        _must(not open_, TOO_EARLY, f"success, and nothing is known of the chunks {open_}")
    if world.case.our_ledger:
        _as_a_fanin_says(world, job, request.arguments[0], json.loads(request.arguments[1]) if succeeded else None)


def update(world: "World", event: Event, request: Request) -> None:
    """Check that an attempt records an outcome in its own round only."""
    if world.case.our_ledger and request.call in ("mark_done", "mark_failed"):
        _must(request.arguments[0] == fanin_of(event), WRONG, f"{request.arguments} by {event}")


def end(world: "World") -> None:
    """Check how the execution has ended."""
    execution, case = world.execution, world.case
    if execution.status == "SUCCEEDED":
        _merged_right(world, execution.data)
    if not world.faults and not world.refused:
        failing = sum(chunk != "ok" for chunk in case.chunks)
        expected = FAILURE if failing > case.tolerated else None
        _must(execution.error == expected, WRONG, f"{execution.error} without any fault, and not {expected}")


def quiet(world: "World") -> None:
    """Check that an execution that nothing can resume any more has an excuse: an event that was lost."""
    waits_for = world.execution.data["split"]["job"]["fanin"]
    _must(waits_for in world.lost, STUCK, f"{waits_for} waits, and nothing was lost")


def _accounted(world: "World", job: str, index: int) -> bool:
    return index in world.reported or world.has_result(job, index)


def _as_a_fanin_says(world: "World", job: dict[str, Any], token: str, output: dict[str, Any] | None) -> None:
    # A round of the sweeper's has the token as well: either of them may send.
    held = sorted(name for name, top in world.ledger.fanins.items() if token in top.tokens)
    problems = []
    for fanin in held or [job["fanin"]]:
        try:
            return _as_the_ledger_says(world, {**job, "fanin": fanin}, output)
        except Violation as violation:
            problems.append(violation)
    raise problems[0]


def _as_the_ledger_says(world: "World", job: dict[str, Any], output: dict[str, Any] | None) -> None:
    total = world.ledger.fanins[job["fanin"]].total or 0
    outcomes = [outcome for outcome in world.outcomes(job["fanin"]) if outcome[0] < total]
    failed = sum(not done for _, _, done in outcomes)
    if output is None:
        _must(failed > world.case.tolerated, WRONG, f"failure, and {failed} have failed")
        return
    _must(len(outcomes) == total, TOO_EARLY, f"success, and {len(outcomes)} of {total} have an outcome")
    _must(failed <= world.case.tolerated, WRONG, f"success, and {failed} have failed")
    _must(output == {"done": total - failed, "failed": failed}, WRONG, f"{output}, and {failed} of {total} have failed")
    lost = [index for _, index, done in outcomes if done and not world.has_result(job["job"], index)]
    _must(not lost, WRONG, f"the chunks {lost} are done and have no result")


def _merged_right(world: "World", output: dict[str, Any]) -> None:
    merged = world.bucket.objects[output["result"]["key"]].splitlines(keepends=True)
    indexes = [int(line.split()[1]) for line in merged]
    _must(indexes == sorted(set(indexes)), WRONG, f"merged {indexes}")
    _must(merged == [world.case.line(index).upper() for index in indexes], WRONG, f"merged {merged}")
    _must(output["failed"] == len(world.case.chunks) - len(merged), WRONG, f"{output}, and {len(merged)} are merged")
    if world.case.our_ledger:
        names = {name for name, _ in world.ledger.groups if name.startswith(output["job"])}
        done = {index for name in names for _, index, done in world.outcomes(name) if done}
        _must(done <= set(indexes), WRONG, f"{done - set(indexes)} are done and not merged")


def _must(holds: bool, kind: str, what: str) -> None:
    if not holds:
        raise Violation(kind, what)
