"""Work with a token: run the user's ``work``, keep the waiting state informed, and answer it, whatever happens."""

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sfn_callback import bucket, errors, log, messages, resume, settings, workload
from sfn_callback.messages import Lost, Record, Task
from sfn_callback.resume import Outcome

Remaining = Callable[[], float]
"""Tells how many seconds the function has left."""

MARGIN_SECONDS = 3.0
"""So long before the function's own deadline the machine is told: time for one answer with its retries."""
TIMED_OUT = "WorkerTimedOut"
DEAD_LETTERED = "DeadLettered"


def run(task: Task, remaining: Remaining) -> Outcome:
    """Do a task's work and answer its token: with the output, or with the failure that ``work`` raised.

    While it runs, heartbeats are sent at a third of ``heartbeat_seconds``; shortly before the function's deadline
    the state is failed with ``WorkerTimedOut``.

    Raises:
        ResumeError: the token could not be answered.
    """
    with _watched(task, remaining):
        answer = _work(task)
    outcome = answer()
    log.info("task answered", token=log.fingerprint(task.token), outcome=outcome.value)
    return outcome


def run_queued(records: Iterable[Record], remaining: Remaining) -> list[str]:
    """Run the tasks of a queue's batch; return the ids of the messages that the queue must deliver again."""

    def act(record: Record, task: Task) -> None:
        if record.received > 1 and resume.heartbeat(task.token) is Outcome.ALREADY_CLOSED:
            log.info("task left alone: its state waits no more", token=log.fingerprint(task.token))
        else:
            run(task, remaining)

    # One that comes when there is no time left is somebody else's, not a failure.
    return [one.message_id for one in records if remaining() <= MARGIN_SECONDS or not _handled(one, act)]


def fail_dead(records: Iterable[Record]) -> list[str]:
    """Fail the states whose messages ended in a dead-letter queue; return as :func:`run_queued`."""
    cause = "The message ended in the dead-letter queue: no worker answered it."
    return [one.message_id for one in records if not _handled(one, lambda _, task: _fail(task, DEAD_LETTERED, cause))]


def fail_lost(lost: Iterable[Lost]) -> None:
    """Fail the states whose workers never answered.

    Raises:
        ResumeError: a token could not be answered.
    """
    for one in lost:
        _fail(one.task, one.error, one.cause)


def _handled(record: Record, act: Callable[[Record, Task], None]) -> bool:
    try:
        act(record, messages.text(record.body))
    except errors.CallbackError as problem:
        described = f"{type(problem).__name__}: {problem}"
        log.error("message not handled", message_id=record.message_id, received=record.received, problem=described)
        return False
    return True


def _fail(task: Task, error: str, cause: str) -> None:
    outcome = resume.fail(task.token, error, cause)
    log.warning("task failed", token=log.fingerprint(task.token), error=error, outcome=outcome.value)


def _work(task: Task) -> Callable[[], Outcome]:
    try:
        if task.problem:
            raise errors.InputInvalid(task.problem)
        output = workload.connect_work()(task.content)
    except Exception as raised:
        error = raised.error if isinstance(raised, errors.WorkFailed) else type(raised).__name__
        log.error("work failed", token=log.fingerprint(task.token), error=error, trace=traceback.format_exc())
        cause = str(raised)
        return lambda: resume.fail(task.token, error, cause)
    return lambda: _succeed(task, output)


def _succeed(task: Task, output: Any) -> Outcome:
    try:
        return resume.succeed(task.token, output)
    except errors.OutputTooLarge as problem:
        if settings.current().store_large_outputs:
            return resume.succeed(task.token, bucket.connect().write_output(resume.encoded(output)))
        return resume.fail(task.token, type(problem).__name__, str(problem))
    except errors.OutputInvalid as problem:
        return resume.fail(task.token, type(problem).__name__, str(problem))


@contextmanager
def _watched(task: Task, remaining: Remaining) -> Iterator[None]:
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(task, remaining, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def _watch(task: Task, remaining: Remaining, ended: threading.Event) -> None:
    interval = task.heartbeat_seconds / 3 or float("inf")
    while (left := remaining() - MARGIN_SECONDS) > 0:
        if ended.wait(min(interval, left, threading.TIMEOUT_MAX)):
            return
        if remaining() > MARGIN_SECONDS and not _report(task, lambda: resume.heartbeat(task.token)):
            return
    if not ended.is_set():
        _report(task, lambda: resume.fail(task.token, TIMED_OUT, "The worker's function reached its timeout."))


def _report(task: Task, send: Callable[[], Outcome]) -> bool:
    """Send from the watching thread, where nobody would see an error; return whether the state still waits."""
    try:
        return send() is Outcome.ACCEPTED
    except errors.ResumeError as problem:
        log.error(
            "report not delivered", token=log.fingerprint(task.token), problem=f"{type(problem).__name__}: {problem}"
        )
        return problem.retry
