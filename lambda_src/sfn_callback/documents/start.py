"""Documents that were dropped: messages of a queue, of which each is S3's event, or such an event itself.

The queue is between the bucket and the function so that a burst waits there, and not in Lambda's own queue, where three
throttled attempts end it: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
from collections.abc import Callable, Iterable

from botocore.exceptions import ClientError

from sfn_callback import batch
from sfn_callback.aws import clients, patience, records
from sfn_callback.aws.records import Record
from sfn_callback.documents import events, workflow
from sfn_callback.errors import InputInvalid
from sfn_callback.log_events import LogEvent
from sfn_callback.validation import Event

Remaining = Callable[[], float]
"""Tells how many seconds the function has left."""

MARGIN_SECONDS = 5.0
"""So long before the function's own deadline no more documents are started, but for a batch's first."""


def start(event: Event) -> list[str]:
    """Start the documents of an S3 event; a failure does not stop the others. Return the executions' names.

    Raises:
        Exception: the last that a document could not be started for.
    """
    names: list[str] = []
    batch.for_each(events.drops(event), lambda drop: names.extend(workflow.start([drop])))
    return names


def start_queued(queued: Iterable[Record], remaining: Remaining) -> list[str]:
    """Start the documents of each message; return the ids of those that are to be delivered again.

    As soon as AWS fails to answer one, or there is no time left, the remaining messages go back untried.

    Raises:
        Exception: the first that a message failed for, where nothing came of any. So the failure counts as the
            function's, and Lambda, which delivers all of them again, slows down:
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    messages, again, problems = list(queued), list[str](), list[Exception]()
    for place, record in enumerate(messages):
        if place and (remaining() <= MARGIN_SECONDS or any(map(_waited_in_vain, problems))):
            again += [one.message_id for one in messages[place:]]
            break
        if problem := records.failure_of(record, _start_one, LogEvent.DOCUMENT_NOT_STARTED):
            problems.append(problem)
            again.append(record.message_id)
    if problems and len(again) == len(messages):
        raise problems[0]
    return again


def _start_one(record: Record) -> None:
    try:
        event = json.loads(record.body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise InputInvalid("The message is not an S3 event: it is not a JSON object.")
    start(event)


def _waited_in_vain(problem: Exception) -> bool:
    """Return whether AWS was throttled, or away, for all the time that a request is given."""
    if not isinstance(problem, ClientError):
        return isinstance(problem, clients.ERRORS)
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return problem.response["Error"]["Code"] in patience.CODES or status == 429 or status >= 500
