"""The approvals' page, at its function URL or behind a load balancer: the page, its buttons, and webhooks."""

from typing import Any

from sfn_callback import clients, entry, initialisation, site, web

initialisation.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a request to the function URL, or from a load balancer; return its response."""
    return site.respond(web.request(event)).as_answer_to(event)
