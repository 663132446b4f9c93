"""Work with a token: run the user's ``work``, keep the waiting state informed, and answer it, whatever happens."""

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sfn_callback import batch, errors, log, resume, settings, texts, workload
from sfn_callback.aws import records
from sfn_callback.aws.records import Record
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import Delivery
from sfn_callback.tasks import messages, outputs
from sfn_callback.tasks.messages import Task

Remaining = Callable[[], float]
"""Tells how many seconds the function has left."""

MARGIN_SECONDS = 3.0
"""So long before the function's own deadline the machine is told: time for three answers."""
HANGING_SECONDS = 1.0
"""An answer at the deadline that takes longer is sent again beside it: until it is given up there is no more time."""
FRESH_SECONDS = 60.0
"""Of a message that has waited for longer the state is asked before the work: it may have timed out meanwhile."""
TIMED_OUT = "WorkerTimedOut"
DEAD_LETTERED = "DeadLettered"


def run(task: Task, remaining: Remaining) -> Delivery:
    """Do a task's work and answer its token: with the output, or with the failure that ``work`` raised.

    While it runs, heartbeats are sent at a third of ``heartbeat_seconds``; shortly before the function's deadline
    the state is failed with ``WorkerTimedOut``. Neither waits for the other, nor the answer for either.

    Raises:
        ResumeError: the token could not be answered.
    """
    with _watched(task, remaining):
        answer = _work(task)
    delivery = answer()
    log.write(LogEvent.TASK_ANSWERED, token=log.fingerprint(task.token), outcome=delivery.value)
    return delivery


def run_queued(received: Iterable[Record], remaining: Remaining) -> list[str]:
    """Run the tasks of a queue's batch; return the ids of the messages that the queue must deliver again."""
    act = partial(_run_unless_closed, remaining=remaining)
    # A task that comes when there is no time left is left for another invocation, not failed.
    return [one.message_id for one in received if remaining() <= MARGIN_SECONDS or not _handled(one, act)]


def run_published(received: Iterable[Record], remaining: Remaining) -> None:
    """Run the tasks of notifications; a failure does not stop the others.

    Raises:
        CallbackError: the last that could not be read or answered.
    """
    batch.for_each(received, lambda record: _run_unless_closed(record, remaining))


def fail_dead_letters(received: Iterable[Record]) -> list[str]:
    """Fail the states whose messages ended in a dead-letter queue; return as :func:`run_queued`."""
    cause = "The message ended in the dead-letter queue: no worker answered it."
    act = partial(_fail, error=DEAD_LETTERED, cause=cause)
    return [one.message_id for one in received if not _handled(one, act)]


def fail_lost(received: Iterable[Record], error: str, cause: str) -> None:
    """Fail the states whose workers never answered, each regardless of the others; raises as :func:`run_published`."""
    batch.for_each(received, partial(_fail, error=error, cause=cause))


def _run_unless_closed(record: Record, remaining: Remaining) -> None:
    task = messages.text(record.body)
    fresh = min(FRESH_SECONDS, task.heartbeat_seconds or FRESH_SECONDS)
    waited = record.received > 1 or time.time() - record.sent > fresh
    if waited and resume.heartbeat(task.token) is Delivery.ALREADY_CLOSED:
        log.write(LogEvent.TASK_IGNORED, token=log.fingerprint(task.token))
    else:
        run(task, remaining)


def _handled(record: Record, act: Callable[[Record], None]) -> bool:
    return records.failure_of(record, act, LogEvent.MESSAGE_NOT_HANDLED) is None


def _fail(record: Record, error: str, cause: str) -> None:
    task = messages.text(record.body)
    delivery = resume.fail(task.token, error, cause)
    log.write(LogEvent.TASK_FAILED, token=log.fingerprint(task.token), error=error, outcome=delivery.value)


def _work(task: Task) -> Callable[[], Delivery]:
    try:
        if task.problem:
            raise errors.InputInvalid(task.problem)
        output = workload.connect_work()(task.content)
    except BaseException as raised:
        # Exits and cancellations too: nobody else would tell the state, which would wait until its timeout.
        error = raised.error if isinstance(raised, errors.WorkFailed) else texts.name(raised)
        log.write(LogEvent.WORK_FAILED, token=log.fingerprint(task.token), error=error, trace=traceback.format_exc())
        return partial(resume.fail, task.token, error, texts.message(raised))
    return lambda: _succeed(task, output)


def _succeed(task: Task, output: Any) -> Delivery:
    try:
        return resume.succeed(task.token, output)
    except errors.OutputInvalid as error:
        if isinstance(error, errors.OutputTooLarge) and settings.current().store_large_outputs:
            return resume.succeed(task.token, outputs.write(resume.encoded(output)))
        return resume.fail(task.token, type(error).__name__, str(error))


@contextmanager
def _watched(task: Task, remaining: Remaining) -> Iterator[None]:
    ended = threading.Event()
    # Two, so that a heartbeat which takes long does not hold up what is to be told at the end. Nobody waits for either:
    # what one of them still sends, the answered token refuses.
    for watch in (watch_deadline, send_heartbeats) if task.heartbeat_seconds else (watch_deadline,):
        threading.Thread(target=watch, args=(task, remaining, ended), daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def watch_deadline(task: Task, remaining: Remaining, ended: threading.Event) -> None:
    """Fail the state when the work has not ended shortly before the function does."""
    while (left := remaining() - MARGIN_SECONDS) > 0:
        if ended.wait(min(left, threading.TIMEOUT_MAX)):
            return
    if not ended.is_set():
        _report_in_time(task, remaining)


def _report_in_time(task: Task, remaining: Remaining) -> None:
    """Tell of the deadline, on another connection where one hangs; which of them is first does not matter."""
    reported = threading.Event()

    def tell() -> None:
        _report(task, lambda: resume.fail(task.token, TIMED_OUT, "The worker's function reached its timeout."))
        reported.set()

    threading.Thread(target=tell, daemon=True).start()
    while not reported.wait(HANGING_SECONDS) and remaining() > 0:
        threading.Thread(target=tell, daemon=True).start()


def send_heartbeats(task: Task, remaining: Remaining, ended: threading.Event) -> None:
    """Send heartbeats until the work has ended, or nobody waits for it any more."""
    while not ended.wait(min(task.heartbeat_seconds / 3, threading.TIMEOUT_MAX)) and remaining() > MARGIN_SECONDS:
        delivery = _report(task, lambda: resume.heartbeat(task.token))
        if delivery is Delivery.ALREADY_CLOSED:
            ended.set()
        if isinstance(delivery, errors.ResumeError) and not delivery.retry:
            return


def _report(task: Task, send: Callable[[], Delivery]) -> Delivery | errors.ResumeError:
    """Send from a thread, where nobody would see an error; return the delivery, ``None`` if it failed."""
    try:
        return send()
    except errors.ResumeError as error:
        described = f"{type(error).__name__}: {error}"
        log.write(LogEvent.TASK_SIGNAL_NOT_DELIVERED, token=log.fingerprint(task.token), problem=described)
        return error
