"""What must hold in every schedule."""

import json
from typing import TYPE_CHECKING, Any

from proof.simulator import durable, machine
from proof.simulator.attempts import Ended, Event, Request, last_error
from proof.simulator.deliveries import fanin_of, slot_of
from sfn_callback.fanin.verdict import FAILURE
from sfn_callback.ids import of_fanin
from sfn_callback.log_events import LogEvent

if TYPE_CHECKING:
    from proof.simulator.world import World

TOO_EARLY = "resumed too early"
STUCK = "never resumed"
WRONG = "wrong verdict or result"
AGAIN = "asked again"


class Violation(BaseException):
    """Something that must hold does not. ``kind`` is one of the four above. No handler can catch it."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind


def asked(world: "World", request: Request, refusal: str | None) -> None:
    """Check that who waits is asked, under a token that it has had."""
    token, *_ = request.arguments
    _must(request.service == world.execution.waiter, WRONG, f"{request.service} are asked for {token}")
    _must(refusal != durable.UNKNOWN, WRONG, f"there never was {token}")


def told(event: LogEvent, **fields: Any) -> None:
    """Check that a log line says of a verdict what AWS did with it."""
    error = last_error()
    if event is LogEvent.VERDICT_SENT:
        what = "already closed" if error else "accepted"
        _must(fields["outcome"] == what, WRONG, f"a verdict is said to be {fields['outcome']}, and is {what}")
    if event is LogEvent.VERDICT_NOT_DELIVERED:
        _must(error not in (durable.CLOSED, machine.CLOSED), WRONG, f"{error} is said to be a problem")


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
    """Check that an attempt records an outcome in its own round only, or where it was moved, and of what there is."""
    if not world.case.our_ledger or request.call not in ("mark_done", "mark_failed"):
        return
    fanin, slot = request.arguments[:2]
    done = request.call == "mark_done"
    if done:
        index = world.index_at(fanin, slot)
        _must(world.has_result(of_fanin(fanin)[0], index), WRONG, f"{index} is done and has no result")
    if event.handler != "report":
        _must(fanin == fanin_of(event), WRONG, f"{request.arguments} by {event}")
        return
    own, _ = world.place_of(event)
    if (fanin, slot) != own:
        _must((fanin, slot) in world.reaches(own), WRONG, f"{request.arguments} by {event}, of {own}")
        _must(has(world, own, done), WRONG, f"{request.arguments} by {event}, which is not the outcome of {own}")


def written(world: "World", request: Request) -> None:
    """Check that a result stays what it was first."""
    key, *body = request.arguments
    if request.call == "put" and key.startswith("results/"):
        _must(world.bucket.objects.get(key, *body) == body[0], WRONG, f"{key} becomes {body[0]!r}")


def answered(world: "World", report: Event, ended: Ended) -> None:
    """Check what whoever reports is told, and that it is told something."""
    if ended.error:
        _must(ended.error != "RecursionError", WRONG, f"{report} goes round in circles")
        _must(bool(world.faults or world.refused), WRONG, f"{report} is refused: {ended.error}: {ended.message}")
        return
    said, became = json.loads(report.text), json.loads(ended.value)["report"]
    if "heartbeat" not in said:
        (fanin, slot), _ = world.place_of(report)
        holds = has(world, (fanin, slot), ("result" in said) != (became == "contradicts"))
        _must(holds, WRONG, f"{report} was told {became!r}, and {fanin} {slot} says otherwise")


def has(world: "World", place: tuple[str, int], *outcomes: bool) -> bool:
    """Return whether a place is recorded as done (``True``), as failed, or as either."""
    fanin, slot = place
    return any(at == slot and (not outcomes or done in outcomes) for at, _, done in world.outcomes(fanin))


def end(world: "World") -> None:
    """Check how the execution has ended."""
    execution, case = world.execution, world.case
    if execution.status == "SUCCEEDED":
        _merged_right(world, execution.data)
    if not world.faults and not world.refused and not world.reporters.overdue:
        may = [case.may_fail(index) for index in range(len(case.chunks))]
        if all(may):
            fewest, most = sum(map(all, may)), sum(map(any, may))
            expected = {FAILURE if most > case.tolerated else None, FAILURE if fewest > case.tolerated else None}
            _must(execution.error in expected, WRONG, f"{execution.error} without any fault, and not {expected}")


def over(world: "World") -> None:
    """Check, where nothing can happen any more, that the execution has ended."""
    _must(world.execution.status != "RUNNING", STUCK, f"{world.execution.state} goes on for ever")


def quiet(world: "World") -> None:
    """Check that an execution that nothing can resume any more has an excuse: an event that was lost.

    Or, of each slot without an outcome, that somebody has not reported it yet, or never will.
    """
    waits_for = world.execution.data["split"]["job"]["fanin"]
    excused = waits_for in world.lost or (world.case.pending and _nothing_came(world, waits_for))
    _must(excused, STUCK, f"{waits_for} waits, and nothing was lost")
    behind = [
        (to, at)
        for (name, _), group in world.ledger.groups.items()
        for slot, to, at in group.moved
        if slot in group.done | group.failed and to not in world.lost and not has(world, (to, at)) and name
    ]
    _must(not behind, STUCK, f"what was moved to {behind} has an outcome, which is not there")


def processed(world: "World", event: Event) -> None:
    """Check that a chunk that is to be handed on again was, unless it has an outcome."""
    if '"again": true' in event.text:
        place = fanin_of(event), slot_of(event)
        handed = any(place == given for given, _ in world.reporters.places.values())
        _must(handed or has(world, place), STUCK, f"{event} was left to who has it")


def _nothing_came(world: "World", waits_for: str) -> bool:
    """Return whether each fan-in that is to answer waits for what was lost, or is not reported yet."""
    # A round of the sweeper's takes the token over, and then answers alone; until then nobody counts on it.
    tops = world.ledger.fanins.values()
    holds = [top.name for top in tops if world.execution.token in top.tokens and top.closed < len(top.tokens)]
    holds = [waits_for] if waits_for in holds else holds
    owed = {place for owing in world.reporters.owe() for place in world.reaches(owing)}
    return all(name in world.lost or _owed(world, name, owed) for name in holds or [waits_for])


def _owed(world: "World", fanin: str, owed: set[tuple[str, int]]) -> bool:
    top, known = world.ledger.fanins.get(fanin), {slot for slot, _, _ in world.outcomes(fanin)}
    left = {(fanin, slot) for slot in range(top.total or 0 if top else 0)} - {(fanin, slot) for slot in known}
    return bool(left) and left <= owed


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
    begin = [world.case.line(index).upper().rstrip() for index in indexes]
    _must(all(map(bytes.startswith, merged, begin)), WRONG, f"merged {merged}")
    results = [world.bucket.objects[f"results/{output['job']}/{index:08d}"] for index in indexes]
    _must(merged == results, WRONG, f"merged {merged}, of {results}")
    _must(output["failed"] == len(world.case.chunks) - len(merged), WRONG, f"{output}, and {len(merged)} are merged")
    if world.case.our_ledger:
        names = {name for name, _ in world.ledger.groups if name.startswith(output["job"])}
        # What is handed on may be reported while the merge goes on that the last round's end, or another round, began.
        here = {index for index, chunk in enumerate(world.case.chunks) if not chunk.startswith("handed:")}
        done = {index for name in names for _, index, done in world.outcomes(name) if done} & here
        _must(done <= set(indexes), WRONG, f"{done - set(indexes)} are done and not merged")


def _must(holds: bool, kind: str, what: str) -> None:
    if not holds:
        raise Violation(kind, what)
