"""``GET /start`` on a function URL: start an execution of the direct workflow."""

from typing import Any

from sfn_callback import entry
from sfn_callback.aws import clients, cold_start, function_url
from sfn_callback.tasks import http_start

cold_start.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a function URL's request, which IAM has let pass; return its response."""
    return http_start.respond(function_url.request(event)).as_answer_to(event)
