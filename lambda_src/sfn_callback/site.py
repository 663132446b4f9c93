"""What each request to the approvals' page gets: GET shows, POST decides, once.

Mail scanners open links, and some run what they find there, so nothing but a POST changes anything. The page sets no
cookie. A sign-in in front of it does, and is sent wherever a form leads: so what a browser sends for a page of somebody
else's, who found a link and may not sign in, is refused.
"""

from dataclasses import replace
from urllib.parse import parse_qs

from sfn_callback import approval, approvals, clients, deciding, errors, ids, log, page, web, webhook
from sfn_callback.approval import Action
from sfn_callback.approvals import Approval
from sfn_callback.deciding import Reception
from sfn_callback.resume import MAX_OUTPUT
from sfn_callback.web import Request, Response

_PRESSED = "pressed="
"""The query of the page that says what became of an answer. It decides nothing, and shows nothing that is not kept."""

_SITE = "sec-fetch-site"
_OTHER_SITES = ("cross-site", "same-site")
"""What browsers say of a form on another page, and no page can change: https://www.w3.org/TR/fetch-metadata/"""

_METHODS = ("GET", "HEAD", "POST")
_STATUSES = {
    Reception.TAKEN: (200, "Taken."),
    Reception.TOO_LATE: (410, "Nobody answered in time: it is too late now."),
    Reception.OTHERWISE_DECIDED: (409, "This was decided already, so this answer was not taken."),
    Reception.GONE: (404, "There is nothing to answer under this address."),
}
_UNAVAILABLE = "Something that this needs does not answer. What you can do here stays possible: try again in a moment."
_UNCLEAR = (
    "Your sign-in does not name exactly one person. Sign in again; if that does not help, tell who sent you the link."
)
_FOREIGN = "Another page sent it. Open the link that you were sent, and press a button there."
_UNDELIVERED = "The answer is kept, but could not be delivered yet. It will be; you can also send it again."


def respond(request: Request) -> Response:
    """Return what the request gets; a HEAD what its GET would, without the body."""
    try:
        response = _respond(request)
    except clients.ERRORS as problem:
        log.error("request not served", problem=clients.described(problem))
        response = _later(request, "Not possible just now", _UNAVAILABLE)
    return response if request.method != "HEAD" else replace(response, body="")


def _respond(request: Request) -> Response:
    if request.method not in _METHODS:
        refused = page.problem(405, "Not possible", "This page can be opened, and its buttons pressed.")
        return refused.having(allow=", ".join(_METHODS))
    if request.unclear:
        log.error("sign-in names nobody, or more than one subject")
        return _complain(request, 403, _UNCLEAR, "Not possible")
    if len(request.body) > MAX_OUTPUT:
        return _complain(request, 413, f"An answer has at most {MAX_OUTPUT:,} bytes.")
    named = ids.approval_in(request.path)
    # What cannot be an id is not looked up: what they look like is no secret, and the ledger's key is only their hash,
    # so that not even the time of a look-up tells how near a guess has come.
    asked = approvals.connect().find(named) if named else None
    return _post(request, asked) if request.method == "POST" else _show(asked, request.query)


def _show(asked: Approval | None, query: str) -> Response:
    if asked is None:
        return page.unknown()
    pressed = query.removeprefix(_PRESSED) if query.startswith(_PRESSED) else ""
    if asked.decision:
        return page.decided(asked, asked.decision, pressed=pressed)
    return page.expired(asked) if deciding.expired(asked) else page.ask(asked, pressed=pressed)


def _post(request: Request, asked: Approval | None) -> Response:
    try:
        if request.content_type == web.JSON:
            return _take_json(request, asked)
        if asked is None:
            return page.unknown()
        if request.content_type == web.FORM:
            foreign = request.headers.get(_SITE) in _OTHER_SITES
            return _complain(request, 403, _FOREIGN) if foreign else _take_form(request, asked)
    except errors.ResumeError as problem:
        log.error("decision kept but not delivered", problem=f"{type(problem).__name__}: {problem}")
        return _later(request, "Not delivered yet", _UNDELIVERED)
    return _complain(request, 415, f"An answer is {web.FORM}, as the page sends it, or {web.JSON}.")


def _take_json(request: Request, asked: Approval | None) -> Response:
    if asked is None:
        return web.as_json(404, {"error": _STATUSES[Reception.GONE][1]})
    signature = request.headers.get(webhook.HEADER, "")
    try:
        decided = webhook.decision(asked.question, request.body, signature, request.principal)
    except errors.AnswerRefused as refused:
        return web.as_json(refused.status, {"error": str(refused), "reasons": refused.reasons})
    reception = deciding.decide(asked, decided)
    status, said = _STATUSES[reception]
    return web.as_json(status, {"accepted": True} if reception is Reception.TAKEN else {"error": said})


def _take_form(request: Request, asked: Approval) -> Response:
    fields = _fields(request.body)
    action = asked.question.action(fields["action"])
    if action is None:
        return page.ask(asked, "Your answer was not taken: press one of the buttons below.", 400)
    if len(fields["comment"]) > page.MAX_COMMENT or len(fields["decider"]) > page.MAX_DECIDER:
        limits = f"{page.MAX_COMMENT:,} characters for the comment, {page.MAX_DECIDER} for the name"
        return page.ask(asked, f"Your answer was not taken, because it is too long: at most {limits}.", 400)
    who = {"comment": fields["comment"], "decider": fields["decider"]}
    if action.kind == "heartbeat":
        return _received(asked, action, deciding.note_heartbeat(asked, action, **who))
    decided = approval.by_action(action, principal=request.principal, **who)
    return _received(asked, action, deciding.decide(asked, decided))


def _fields(body: bytes) -> dict[str, str]:
    try:
        given = parse_qs(body.decode(errors="replace"), max_num_fields=20)
    except ValueError:
        given = {}
    first = {name: given.get(name, [""])[0] for name in ("action", "comment", "decider")}
    return {name: value.replace("\r\n", "\n").strip() for name, value in first.items()}


def _received(asked: Approval, action: Action, reception: Reception) -> Response:
    if reception is Reception.TAKEN:
        # A page that is got, so that to reload it sends nothing again. Only a query, as the same path leads there,
        # whatever is before and behind the id: https://www.rfc-editor.org/rfc/rfc3986#section-5.2.2
        return Response(303, headers={"location": f"?{_PRESSED}{action.name}"})
    latest = approvals.connect().find(asked.id)
    if latest and latest.decision:
        return page.decided(latest, latest.decision, refused=True)
    return page.expired(latest) if latest else page.unknown()


def _later(request: Request, title: str, said: str) -> Response:
    return _complain(request, 503, said, title).having(retry_after=str(web.RETRY_SECONDS))


def _complain(request: Request, status: int, said: str, title: str = "Your answer was not taken") -> Response:
    if request.content_type == web.JSON:
        return web.as_json(status, {"error": said})
    return page.problem(status, title, said)
