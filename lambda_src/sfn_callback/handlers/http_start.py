"""``GET /start`` on a function URL: start an execution of the direct workflow."""

from sfn_callback import entry
from sfn_callback.aws import clients, function_url
from sfn_callback.tasks import http_start


@entry.point(clients.stepfunctions)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take a function URL's request, which IAM has authorised; return its response."""
    return http_start.respond(function_url.request(event)).as_answer_to(event)
