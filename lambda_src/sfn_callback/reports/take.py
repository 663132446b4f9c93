"""How a report is processed: the result is written, then the outcome is recorded, as a processor does."""

import time
from enum import StrEnum
from functools import lru_cache

from sfn_callback import ids, log, settings, texts
from sfn_callback.aws import clients
from sfn_callback.contract import Content
from sfn_callback.documents import bucket, chunk_tokens, workflow
from sfn_callback.documents.chunk_tokens import HandOver
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import ReportError, ReportInvalid
from sfn_callback.fanin import ledger, protocol, verdict
from sfn_callback.fanin.items import FanIn
from sfn_callback.log_events import LogEvent
from sfn_callback.reports import result_objects
from sfn_callback.reports.report import Report, ResultAt
from sfn_callback.resume import MAX_ERROR

_LOOK_SECONDS = 30
"""So long what was seen of a wait is taken for true: a look for each report would cost as much as recording it."""


class ReportResult(StrEnum):
    """The outcome of a report."""

    RECORDED = "recorded"
    HEARD = "heard"
    CONTRADICTS = "contradicts"
    ENDED = "ended"


def take(report: Report) -> ReportResult:
    """Record a report; return its outcome. The same report may come again, and then changes nothing.

    ``CONTRADICTS``: the chunk has failed, or is done, and stays so. ``ENDED``: nothing waits for the chunk any more.

    Raises:
        ReportError: the report cannot be accepted as it is.
        ClientError: AWS refused a request; a later attempt may succeed.
    """
    handed = chunk_tokens.read(report.token)
    if ids.age_seconds(handed.task.job) > settings.current().retention_seconds:
        return _said(ReportResult.ENDED, handed)
    _check_is_of_job(handed.task)
    if report.heartbeat:
        task = handed.task
        ledger.connect().note_heard(task.job, task.index, task.fanin, task.slot)
        return ReportResult.ENDED if _has_ended(task.fanin) else ReportResult.HEARD
    return _said(_failed(handed, report) if report.error else _done(handed, report), handed)


def _check_is_of_job(task: ChunkTask) -> None:
    total = _look(task.fanin).total
    if total is not None and task.slot >= total:
        raise ReportInvalid(
            f"Nothing waits for chunk {task.index:,}: the split of job {task.job} did not write its object,"
            " somebody else did."
        )


def _done(handed: HandOver, report: Report) -> ReportResult:
    task, store = handed.task, bucket.connect()
    if report.result_at:
        size = _taken_at(task, report, report.result_at)
    else:
        size = store.write_first_result(task.job, task.index, Content(report.result or b"", report.content_type))
    group = protocol.report(ledger.connect(), task.fanin, task.slot)
    if task.slot in group.failed:
        return ReportResult.CONTRADICTS
    log.write(LogEvent.CHUNK_DONE, **workflow.named(task), bytes=size, seconds=_since(handed))
    return ReportResult.ENDED if _has_ended(task.fanin) else ReportResult.RECORDED


def _taken_at(task: ChunkTask, report: Report, at: ResultAt) -> int:
    try:
        return result_objects.take(bucket.connect(), task.job, task.index, at)
    except ReportError as refused:
        # Transcribe, for one, names its output as its job, for which a chunk token will do.
        raise type(refused)(_without_token(report, str(refused))) from None


def _failed(handed: HandOver, report: Report) -> ReportResult:
    task = handed.task
    # A worker whose error quotes its input may quote the token.
    error, cause = (_without_token(report, text) for text in (report.error, report.cause))
    reason = workflow.reason(task, error, cause)
    group = protocol.report(ledger.connect(), task.fanin, task.slot, reason)
    if task.slot in group.done:
        return ReportResult.CONTRADICTS
    log.write(LogEvent.CHUNK_FAILED, **workflow.named(task), error=texts.cut(error, MAX_ERROR))
    return ReportResult.ENDED if _has_ended(task.fanin) else ReportResult.RECORDED


def _without_token(report: Report, text: str) -> str:
    return text.replace(report.token, "[chunk token]")


def _said(became: ReportResult, handed: HandOver) -> ReportResult:
    if became is ReportResult.CONTRADICTS:
        log.write(LogEvent.REPORT_CONTRADICTS, **workflow.named(handed.task))
    if became is ReportResult.ENDED:
        log.write(LogEvent.REPORT_TOO_LATE, **workflow.named(handed.task))
    return became


def _since(handed: HandOver) -> float:
    return round(max(0.0, time.time() - handed.at), 3)


def _has_ended(fanin: str) -> bool:
    top = _look(fanin)
    # A chunk that was moved counts for the round that was begun in this one's place.
    while top.redriven_as:
        top = _look(top.redriven_as)
    return verdict.is_due(top) or (bool(top.tokens) and top.closed >= len(top.tokens))


def _look(fanin: str) -> FanIn:
    return _looked_at(fanin, int(time.monotonic() / _LOOK_SECONDS))


@clients.resettable
@lru_cache
def _looked_at(fanin: str, _when: int) -> FanIn:
    return ledger.connect().notes([fanin]).get(fanin, (FanIn(fanin), None))[0]
