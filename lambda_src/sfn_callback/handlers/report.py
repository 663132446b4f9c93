"""A chunk was finished elsewhere, or is still worked on: record the report."""

from sfn_callback import entry
from sfn_callback.aws import clients, function_url, records
from sfn_callback.reports import doors


@entry.point(clients.s3, clients.dynamodb, clients.stepfunctions)
def handler(event: entry.Json, _context: object) -> entry.Json | None:
    """Take a report, an SQS or SNS event with reports, or a function URL's request with one; return its response."""
    if isinstance(event, dict) and "requestContext" in event:
        return doors.posted(function_url.request(event)).as_answer_to(event)
    source = records.source(event)
    if source == records.QUEUE:
        again = doors.queued(records.queued(event))
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
    if source == records.TOPIC:
        doors.published(records.published(event))
        return None
    return doors.invoked(event)
