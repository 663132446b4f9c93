"""The log events: the code, the level, the sentence and the fields of each.

Codes and fields are an interface: metric filters, the operator's command and users' own filters read them. The sentence
is for people, and may change. ``make docs`` writes docs/log-events.md from this.
"""

from enum import StrEnum
from logging import ERROR, INFO, WARNING
from typing import Self


class LogEvent(StrEnum):
    """The code that a line has as its ``event``.

    Attributes:
        level: the line's level, a number of ``logging``'s.
        sentence: the line's ``message``.
        fields: the names of its other fields, separated by spaces; ``?`` marks a field that only some lines have.
    """

    level: int
    sentence: str
    fields: str

    def __new__(cls, code: str, level: int, sentence: str, fields: str = "") -> Self:
        """Make a member of a row."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.level, member.sentence, member.fields = level, sentence, fields
        return member

    # A document and its chunks.
    S3_TEST_EVENT = "s3_test_event", INFO, "S3 sent its test event: the notification is in place.", "bucket"
    S3_EVENT_IGNORED = "s3_event_ignored", WARNING, "An S3 event was ignored: it names no new object.", "event_name"
    S3_RECORD_UNREADABLE = "s3_record_unreadable", ERROR, "An S3 record was ignored: it cannot be read.", "record"
    DOCUMENT_IGNORED = "document_ignored", INFO, "An object was ignored: its suffix is not a document's.", "key"
    DOCUMENT_NOT_STARTED = (
        "document_not_started",
        ERROR,
        "A document could not be started.",
        "message_id received problem",
    )
    EXECUTION_STARTED = "execution_started", INFO, "The execution was started.", "execution key?"
    EXECUTION_EXISTS = "execution_exists", INFO, "The execution had already been started.", "execution key?"
    SPLIT_STARTED = "split_started", INFO, "The split has started.", "job bucket key bytes parent? part?"
    SPLIT_DONE = "split_done", INFO, "The split is done.", "job chunks tolerated"
    CUT_DONE = "cut_done", INFO, "The document is cut into parts.", "job bucket key bytes parts left"
    PART_DONE = "part_done", INFO, "The part is combined.", "job parent part chunks results waited"
    PARTS_STOPPED = "parts_stopped", WARNING, "Parts of a failed document were stopped.", "job parts"
    CHUNK_KEY_IGNORED = "chunk_key_ignored", WARNING, "An object was ignored: its key is not a chunk's.", "key"
    CHUNK_EXPIRED = "chunk_expired", WARNING, "A chunk was ignored: its job's retention is over.", "job chunk fanin?"
    ATTEMPT_FAILED = "attempt_failed", WARNING, "An attempt at the chunk failed.", "job chunk fanin? error seconds"
    CHUNK_DONE = "chunk_done", INFO, "The chunk is done.", "job chunk fanin? bytes seconds"
    CHUNK_DONE_BEFORE = "chunk_done_before", INFO, "The chunk was done in an earlier round.", "job chunk fanin?"
    CHUNK_PENDING = "chunk_pending", INFO, "The chunk was handed on.", "job chunk fanin? seconds"
    CHUNK_LEFT_PENDING = (
        "chunk_left_pending",
        INFO,
        "The pending chunk was not processed: somebody still works on it.",
        "job chunk fanin?",
    )
    CHUNK_FAILED = "chunk_failed", WARNING, "The chunk failed for good.", "job chunk fanin? error"
    REPORT_CONTRADICTS = (
        "report_contradicts",
        WARNING,
        "A chunk's report was ignored: it contradicts the first one.",
        "job chunk fanin?",
    )
    REPORT_TOO_LATE = "report_too_late", INFO, "A chunk's report came after its job had ended.", "job chunk fanin?"
    REPORT_NOT_TAKEN = "report_not_taken", ERROR, "A report could not be processed.", "message_id? received? problem"
    WAIT_STARTED = "wait_started", INFO, "The machine waits for its chunks.", "fanin token"
    VERDICT_SENT = "verdict_sent", INFO, "The verdict was sent.", "fanin token outcome"
    VERDICT_NOT_DELIVERED = "verdict_not_delivered", ERROR, "The verdict was not delivered.", "fanin token problem"
    ROUND_STARTED = "round_started", INFO, "A new round over some chunks has started.", "job round chunks"
    MERGE_DONE = "merge_done", INFO, "The merge is done.", "job chunks results waited"
    EXECUTION_FAILED = "execution_failed", ERROR, "The execution fails; its report says why.", "execution error report"

    # A task.
    EXECUTION_NOT_STARTED = "execution_not_started", ERROR, "An execution could not be started by HTTP.", "problem"
    TASK_ANSWERED = "task_answered", INFO, "The task was answered.", "token outcome"
    TASK_IGNORED = "task_ignored", INFO, "The task was ignored: nothing waits for it any more.", "token"
    TASK_FAILED = "task_failed", WARNING, "The task's state was failed: no worker answered.", "token error outcome"
    WORK_FAILED = "work_failed", ERROR, "The work failed.", "token error trace"
    MESSAGE_NOT_HANDLED = "message_not_handled", ERROR, "A message could not be handled.", "message_id received problem"
    TASK_SIGNAL_NOT_DELIVERED = (
        "task_signal_not_delivered",
        ERROR,
        "A worker's heartbeat or timeout was not delivered: its state may time out.",
        "token problem",
    )

    # An approval.
    APPROVAL_ASKED = "approval_asked", INFO, "People were asked for the approval.", "approval times tokens"
    REMINDER_SKIPPED = "reminder_skipped", INFO, "No reminder was sent: somebody is on it.", "approval"
    DECISION_DELIVERED = "decision_delivered", INFO, "The decision was sent.", "approval token outcome"
    DECISION_NOT_DELIVERED = (
        "decision_not_delivered",
        ERROR,
        "A decision was saved but not delivered.",
        "approval problem",
    )
    APPROVAL_HEARTBEAT_NOT_DELIVERED = (
        "approval_heartbeat_not_delivered",
        WARNING,
        "The approval's heartbeat was saved but not sent to its state.",
        "approval problem",
    )
    REQUEST_NOT_SERVED = "request_not_served", ERROR, "The page could not answer a request.", "problem"
    SIGN_IN_UNCLEAR = "sign_in_unclear", ERROR, "The sign-in does not name exactly one person."
    WEBHOOK_NOT_CHECKED = "webhook_not_checked", ERROR, "The webhook's body could not be checked.", "approval problem"

    # The sweeper.
    SWEEP_DONE = (
        "sweep_done",
        INFO,
        "The sweep is done.",
        "oldest_seconds open complete left closed resent redriven failed",
    )
    WAIT_NOT_SWEPT = "wait_not_swept", ERROR, "The sweeper could not check a wait.", "fanin? approval? problem"
    WAIT_CLOSED = "wait_closed", INFO, "The sweeper closed a wait: nothing waits for it any more.", "fanin? approval?"
    VERDICT_SENT_AGAIN = "verdict_sent_again", WARNING, "The sweeper sent the verdict again.", "fanin? approval?"
    CHUNKS_SENT_AGAIN = "chunks_sent_again", WARNING, "The sweeper sent missing chunks again.", "job fanin missing"
    EXECUTIONS_NOT_LISTED = "executions_not_listed", WARNING, "Executions could not be listed.", "machine problem"

    # Any function.
    ERROR_SHORTENED = (
        "error_shortened",
        ERROR,
        "The error was shortened; this is its whole text.",
        "error problem trace",
    )
