"""The approvals' function URL: the page, its buttons, and webhooks."""

from typing import Any

from sfn_callback import clients, entry, initialisation, site, web

initialisation.prepare(clients.dynamodb)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a function URL's request; return its response."""
    return site.respond(web.request(event)).as_answer()
