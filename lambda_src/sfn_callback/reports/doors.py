"""The ways by which a report comes: an invocation, a message of a queue, a notification of a topic, a POST.

What is too large never comes here: AWS refuses it to its sender, who puts the result on S3 and says where it is.

=========================  =========  =====================================================================
door                       at most    what its sender is answered beyond
=========================  =========  =====================================================================
an invocation              6 MB       ``RequestEntityTooLargeException``; asynchronously beyond 1 MB
a message of the queue     1 MiB      ``InvalidParameterValue``, also beyond the queue's ``MaximumMessageSize``
a notification             256 KB     ``InvalidParameter``
a POST to the URL          6 MB       413
a POST to a load balancer  1 MB       413
=========================  =========  =====================================================================

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import json
from typing import Any

from sfn_callback import batch, log
from sfn_callback.aws import clients, function_url
from sfn_callback.aws.function_url import Request, Response
from sfn_callback.aws.records import Record, failure_of
from sfn_callback.errors import ChunkTokenInvalid, ReportError, ReportInvalid, ResumeError
from sfn_callback.log_events import LogEvent
from sfn_callback.reports.report import parse
from sfn_callback.reports.take import ReportResult, take
from sfn_callback.validation import Event

_STATUSES = {
    ReportResult.RECORDED: (200, ""),
    ReportResult.HEARD: (200, ""),
    ReportResult.CONTRADICTS: (409, "Another outcome was already recorded for this chunk, and counts."),
    ReportResult.ENDED: (410, "Nothing waits for this chunk any more."),
}
_UNAVAILABLE = "The report could not be processed now. Send it again in a moment."


def invoked(event: Event) -> dict[str, Any]:
    """Take the report that a function was invoked with; return ``{"report": …}``, a :class:`.ReportResult`.

    Raises:
        ReportError: it cannot be accepted.
    """
    return {"report": take(parse(event)).value}


def queued(messages: list[Record]) -> list[str]:
    """Take the reports of a queue's batch; return the ids of the messages that are to be delivered again."""
    return [one.message_id for one in messages if failure_of(one, _take_message, LogEvent.REPORT_NOT_TAKEN)]


def published(notifications: list[Record]) -> None:
    """Take the reports of notifications; a failure does not stop the others.

    Raises:
        Exception: the last that a report raised.
    """
    batch.for_each(notifications, _take_message)


def posted(request: Request) -> Response:
    """Take the report that is a request's body; return the response."""
    if request.method != "POST":
        return function_url.as_json(405, {"error": "Send a report with POST."}).having(allow="POST")
    if request.content_type != function_url.JSON:
        return function_url.as_json(415, {"error": f"A report must be {function_url.JSON}."})
    try:
        status, error = _STATUSES[became := take(parse(_json(request.body)))]
    except ChunkTokenInvalid as refused:
        return function_url.as_json(404, {"error": str(refused)})
    except ReportError as refused:
        return function_url.as_json(400, {"error": str(refused)})
    except (*clients.ERRORS, ResumeError) as problem:
        log.write(LogEvent.REPORT_NOT_TAKEN, problem=clients.described(problem))
        later = function_url.as_json(503, {"error": _UNAVAILABLE})
        return later.having(retry_after=str(function_url.RETRY_SECONDS))
    return function_url.as_json(status, {"error": error} if error else {"report": became.value})


def _take_message(message: Record) -> None:
    take(parse(_json(message.body)))


def _json(body: str | bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ReportInvalid("A report must be a JSON object; this is not JSON.") from None
