"""``GET /start`` on a function URL: start an execution of the direct workflow."""

from typing import Any

from sfn_callback import clients, entry, initialisation, starting, web

initialisation.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a function URL's request, which IAM has let pass; return its response."""
    return starting.respond(web.request(event)).as_answer_to(event)
