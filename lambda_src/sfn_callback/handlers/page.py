"""The approvals' page, at its function URL or behind a load balancer: the page, its buttons, and webhooks."""

from sfn_callback import entry
from sfn_callback.approvals import routes
from sfn_callback.aws import clients, function_url


@entry.point(clients.dynamodb)
def handler(event: entry.Json, _context: object) -> entry.Json:
    """Take a request to the function URL, or from a load balancer; return its response."""
    return routes.respond(function_url.request(event)).as_answer_to(event)
