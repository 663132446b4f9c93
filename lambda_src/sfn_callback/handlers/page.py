"""The approvals' page, at its function URL or behind a load balancer: the page, its buttons, and webhooks."""

from typing import Any

from sfn_callback import entry
from sfn_callback.approvals import routes
from sfn_callback.aws import clients, cold_start, function_url

cold_start.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a request to the function URL, or from a load balancer; return its response."""
    return routes.respond(function_url.request(event)).as_answer_to(event)
