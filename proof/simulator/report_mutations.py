"""What takes reports, broken in one place each: by name, what is put in the place of what."""

from dataclasses import replace
from functools import partial
from typing import Any

from proof.simulator.attempts import ask
from sfn_callback.contract import Content
from sfn_callback.documents import chunk_tokens, pending
from sfn_callback.documents.bucket import Store
from sfn_callback.documents.events import ChunkTask
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.item_format import Heard
from sfn_callback.fanin.items import Group, Ledger
from sfn_callback.reports.report import Report
from sfn_callback.reports.take import ReportResult, take

_is_left, _write_result = pending.is_left, Store.write_result


def _recorded_before_the_result(report: Report) -> ReportResult:
    if report.result is not None:
        task = chunk_tokens.read(report.token).task
        protocol.report(ledger.connect(), task.fanin, task.slot)
    return take(report)


def _written_over(store: Store, job: str, index: int, content: Content) -> int:
    return _write_result(store, job, index, content)


def _not_followed(items: Ledger, fanin: str, slot: int, reason: str | None = None) -> Group:
    group = items.mark_done(fanin, slot) if reason is None else items.mark_failed(fanin, slot, reason)
    protocol.climb_and_settle(items, fanin, group)
    return group


def _contradiction_followed(items: Ledger, fanin: str, slot: int, reason: str | None = None) -> Group:
    group = _not_followed(items, fanin, slot, reason)
    for moved, to, to_slot in sorted(group.moved):
        if moved == slot:
            _not_followed(items, to, to_slot, reason)
    return group


def _heard_of(task: ChunkTask) -> Heard | None:
    later = task.fanin != task.job and not task.again
    return pending.heard_of(task.job, [task.index]).get(task.index) if later else None


def _moved(task: ChunkTask, move: str = "move", *, looks: bool = True, although_failed: bool = False) -> bool:
    last = _heard_of(task)
    if last is None or last.fanin == task.fanin:
        return last is not None
    group: Group = ask("ledger", move, last.fanin, last.slot, task.fanin, task.slot)
    if looks and last.slot in group.done:
        protocol.chunk_done(ledger.connect(), task.fanin, task.slot)
    return although_failed or last.slot not in group.failed


def _left_without_a_move(task: ChunkTask) -> bool:
    return _heard_of(task) is not None


def _heard_of_in_the_new_round(task: ChunkTask) -> bool:
    last = _heard_of(task)
    if last is None or last.fanin == task.fanin:
        return last is not None
    ledger.connect().note_heard(task.job, task.index, task.fanin, task.slot)
    group = ledger.connect().move(last.fanin, last.slot, task.fanin, task.slot)
    if last.slot in group.done:
        protocol.chunk_done(ledger.connect(), task.fanin, task.slot)
    return last.slot not in group.failed


def _left_although_again(task: ChunkTask) -> bool:
    return _is_left(replace(task, again=False))


_REPORT = "sfn_callback.fanin.protocol.report"
_IS_LEFT = "sfn_callback.documents.pending.is_left"

HEARD_TOO_EARLY = "a heartbeat is noted under the new round's place"
LAST_PLACE = "a slot is moved to one place, the last"
RARE = (HEARD_TOO_EARLY, LAST_PLACE)
"""Wrong only where a process dies at one request, or where two rounds have events at once."""

REPORTING: dict[str, dict[str, Any]] = {
    "an outcome is recorded before its result is written": {
        "sfn_callback.reports.doors.take": _recorded_before_the_result
    },
    "a later result takes the first one's place": {
        "sfn_callback.documents.bucket.Store.write_first_result": _written_over
    },
    "a report is not followed to where its slot was moved": {_REPORT: _not_followed},
    "a contradiction is followed": {_REPORT: _contradiction_followed},
    LAST_PLACE: {_IS_LEFT: partial(_moved, move="move_only")},
    "who moves a slot does not look whether it is done": {_IS_LEFT: partial(_moved, looks=False)},
    "a slot is moved although it has failed": {_IS_LEFT: partial(_moved, move="move_anyway", although_failed=True)},
    "a pending chunk is left without being moved": {_IS_LEFT: _left_without_a_move},
    HEARD_TOO_EARLY: {_IS_LEFT: _heard_of_in_the_new_round},
    "a chunk that is to be handed on again is left": {_IS_LEFT: _left_although_again},
}
